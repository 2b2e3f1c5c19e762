"""Processes that a test interrupts."""

import sys

HEEDING_CTRL_C = [
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])",
]
"""Put before a command: a shell that runs the tests in the background has them ignore Ctrl-C, which is inherited."""
