"""What commands, operations and proofs ask of the outside: ports, the values that pass through them, how to read these.

The session's own ports stand in `stream_app/partition/ports.py`.
"""
