"""Where the worker's log goes: lines wait for a thread that writes them, so that nobody waits for whoever reads them.

A reader that is gone, a full disk and a pipe that nobody empties cost lines of the log and nothing else.
"""

import atexit
import os
import threading
import time
from collections import deque

MOST_LINES = 10_000
"""That wait; of what is said beyond, the oldest is forgotten."""
_DRAINED_WITHIN_S = 1.0
_LOOK_EVERY_S = 0.005


class LogStream:
    """A text stream to a file descriptor whose writes never fail and never wait."""

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._waiting: deque[str] = deque(maxlen=MOST_LINES)
        self._arrived = threading.Event()
        self._writing = False
        threading.Thread(target=self._write_all, name="log", daemon=True).start()
        atexit.register(self.drain)

    def write(self, text: str) -> int:
        """Have it written."""
        self._waiting.append(text)
        self._arrived.set()
        return len(text)

    def flush(self) -> None:
        """Nothing: whoever logs does not wait."""

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return os.isatty(self._descriptor)

    def drain(self, within_s: float = _DRAINED_WITHIN_S) -> None:
        """Wait until everything is written, but not for long: the process ends."""
        deadline = time.monotonic() + within_s
        while (self._waiting or self._writing) and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_S)

    def _write_all(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                self._writing = True
                self._write(self._waiting.popleft().encode(errors="backslashreplace"))
                self._writing = False

    def _write(self, line: bytes) -> None:
        """All of it, or what can be written of it: there is nobody who could be told."""
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError:
            return
