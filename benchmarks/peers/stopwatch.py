"""Times a peer from its first event to the last that is wanted, writes down what it took and ends the process.

Peers are told by their environment what to read: PEER_BOOTSTRAP, PEER_TOPIC, PEER_EVENTS, PEER_DIRECTORY. Standard
library only: peers run in an environment of their own.
"""

import json
import os
import time
from pathlib import Path

BOOTSTRAP = os.environ["PEER_BOOTSTRAP"]
TOPIC = os.environ["PEER_TOPIC"]
DIRECTORY = Path(os.environ["PEER_DIRECTORY"])
RESULT = "took.json"
_WANTED = int(os.environ["PEER_EVENTS"])


class Stopwatch:
    """Counts events; the process ends with the last one."""

    def __init__(self) -> None:
        self._seen = 0
        self._began: float | None = None

    def begin(self) -> None:
        """The first event is here; later calls do nothing."""
        if self._began is None:
            self._began = time.process_time()

    def counted(self, events: int = 1) -> None:
        """So many more have been counted."""
        self.begin()
        self._seen += events
        if self._seen >= _WANTED and self._began is not None:
            took = {"events": self._seen, "cpu_s": time.process_time() - self._began}
            (DIRECTORY / RESULT).write_text(json.dumps(took))
            os._exit(0)
