"""Pure and deterministic: bytes to events to state to vector to score to decision.

No I/O, no clock, no randomness, no environment, no logging. The live worker, replays and training run this same code.
"""
