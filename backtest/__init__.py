"""Replays for operations: what other models and policies would have decided on a log, and what that was worth."""
