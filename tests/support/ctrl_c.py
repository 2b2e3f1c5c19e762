"""Processes that a test interrupts."""

import sys

_HEEDING = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
HEEDING_CTRL_C = [sys.executable, "-c", _HEEDING]
"""Put before a command: a shell that runs the tests in the background has them ignore Ctrl-C, and nohup a hang-up; both
are inherited."""
