"""What faults of processes happen to: a broker and a Redis behind relays, workers of whatever kind, and their load.

load ──────────────► broker ◄─── relay ◄─── workers ───► relay ───► Redis
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from proofs.chaos.broker_site import BrokerSite
from proofs.chaos.crew import Crew
from proofs.chaos.load import Load
from proofs.chaos.redis_site import Progress, RedisSite
from proofs.chaos.relay import Relay, RelayLoop
from proofs.chaos.requests import NewDialogue

_LOOK_EVERY_S = 0.05

Value = TypeVar("Value")


class Ended(Exception):
    """The run is over: whoever waits stops waiting."""


class Ground:
    """Ends with all its processes when it is closed. Whoever inherits from it brings load and crew."""

    load: Load
    crew: Crew

    def __init__(self, session_timeout_s: float) -> None:
        self.session_timeout_s = session_timeout_s
        self.ended = threading.Event()
        self.loop = RelayLoop()
        self._undo: list[Callable[[], None]] = [self.loop.close]

    def rest(self, seconds: float) -> None:
        """Let time pass. Raises Ended when the run is over."""
        if self.ended.wait(seconds):
            raise Ended

    def wait_for(self, found: Callable[[], Value | None], within_s: float) -> Value | None:
        """What is found, None if nothing is in time. Raises Ended when the run is over."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if (thing := found()) is not None:
                return thing
            self.rest(_LOOK_EVERY_S)
        return None

    def close(self) -> None:
        """End everything that runs."""
        self.ended.set()
        while self._undo:
            self._undo.pop()()

    def _start_services(
        self, directory: Path, jars: Callable[[], Path], brokers: int, progress: Progress, dialogue: NewDialogue
    ) -> None:
        self.redis = RedisSite(directory / "redis", progress)
        self._undo.append(self.redis.stop)
        self.redis.relay = self.redis_relay = Relay(self.loop, self.redis.port, dialogue)
        self.broker = BrokerSite(directory / "kafka", jars, self.loop, brokers)
        self._undo.append(self.broker.stop)
