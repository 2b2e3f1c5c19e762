"""Times a peer from its first event to the last that is wanted, writes down what it took and ends the process.

Peers are told by their environment what to read: PEER_BOOTSTRAP, PEER_TOPIC, PEER_EVENTS, PEER_DIRECTORY. Standard
library only: peers run in an environment of their own. The peers in Java have the same in their `Stopwatch`.
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
        self._before = 0
        self._seen = 0
        self._began: float | None = None
        self._half: dict[str, float] | None = None
        self._alerts = 0

    def begin(self, before: int = 0) -> None:
        """The first event is here; later calls do nothing. So many `before` it were done unseen and do not count."""
        if self._began is None:
            self._before = self._seen = before
            self._began = time.process_time()

    def counted(self, events: int = 1) -> None:
        """So many more have been counted."""
        self.begin()
        self._seen += events
        if self._half is None and self._seen >= _WANTED // 2:
            taken = self._taken()
            self._half = {"half_events": taken["events"], "half_cpu_s": taken["cpu_s"]}
        if self._seen >= _WANTED:
            self._write()
            os._exit(0)

    def reached(self, total: int) -> None:
        """So many have been counted in all: for a peer that tells of it now and then, not with each event."""
        if self._began is None:
            self.begin(total)
        self.counted(total - self._seen)

    def alerted(self) -> None:
        """One more score was above the threshold."""
        self._alerts += 1

    def _taken(self) -> dict[str, float]:
        began = self._began or 0.0
        return {"events": self._seen - self._before, "cpu_s": time.process_time() - began}

    def _write(self) -> None:
        took = self._taken() | (self._half or {}) | {"alerts": self._alerts}
        (DIRECTORY / RESULT).write_text(json.dumps(took))
