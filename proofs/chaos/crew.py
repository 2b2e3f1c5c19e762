"""The workers of a stand: each has a place, and whoever dies by himself is replaced, as a supervisor would do."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

_LOOK_EVERY_S = 0.2
_REPLACED_AFTER_S = 1.0


class WorkerHandle(Protocol):
    """A worker's process, of whatever kind."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""

    def probe(self) -> Mapping[str, Any]:
        """What it says of itself: whether it is `ready`, and by partition in which `state` it has it."""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""

    def stop(self) -> None:
        """Let it finish and go."""

    def kill(self) -> None:
        """kill -9."""


Start = Callable[[Path], WorkerHandle]
"""Starts a worker whose words go to a file."""

Wanted = Callable[[Mapping[str, Any]], bool]
"""From a worker's probe whether it is the one that is looked for."""


class Place:
    """One worker's place. A fault that has taken it is alone with it."""

    def __init__(self, start: Start, log: Path) -> None:
        self.log = log
        self.taken = False
        self._start = start
        self.worker = start(log)

    def start(self) -> None:
        """Put a new worker here; the one before must have ended."""
        self.worker = self._start(self.log)

    def kill(self) -> None:
        """kill -9."""
        self.worker.kill()

    def pause(self) -> None:
        """Let it stand still."""
        self.worker.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.worker.signal(signal.SIGCONT)


class Crew:
    """All places. `exits` counts workers that ended without being told to, `kills` those that were killed."""

    def __init__(self, size: int, start: Start, logs: Path) -> None:
        self.exits = 0
        self.kills = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.places = [Place(start, logs / f"worker-{number}.log") for number in range(size)]
        self._thread = threading.Thread(target=self._replace, name="crew", daemon=True)
        self._thread.start()

    def take(self, wanted: Wanted | None = None) -> Place | None:
        """A worker that works, for one fault alone; None when there is no such now."""
        for place in sorted(self.places, key=lambda place: place.worker.pid):
            if place.taken:
                continue
            probe = place.worker.probe()
            if working(probe) and (wanted is None or wanted(probe)) and self._claim(place):
                return place
        return None

    def release(self, place: Place) -> None:
        """Give a place back."""
        place.taken = False

    @contextmanager
    def all_places(self, rest: Callable[[float], None]) -> Iterator[list[Place]]:
        """Every place, as soon as no fault has it; `rest` is how to wait."""
        mine: list[Place] = []
        try:
            for place in self.places:
                while not self._claim(place):
                    rest(_LOOK_EVERY_S)
                mine.append(place)
            yield mine
        finally:
            for place in mine:
                self.release(place)

    def send_home(self, places: Iterable[Place]) -> None:
        """Let workers finish their batches and go, all at once."""
        places = list(places)
        for place in places:
            place.resume()
            place.worker.signal(signal.SIGTERM)
        for place in places:
            place.worker.stop()

    def ready(self) -> bool:
        """Whether every worker is there and works."""
        return all(place.worker.probe()["ready"] for place in self.places)

    def stop(self) -> None:
        """Let all finish their batches and go."""
        self._end()
        self.send_home(self.places)

    def kill(self) -> None:
        """End all at once."""
        self._end()
        for place in self.places:
            place.kill()

    def _end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _claim(self, place: Place) -> bool:
        with self._lock:
            if place.taken:
                return False
            place.taken = True
            return True

    def _replace(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            for place in self.places:
                if not place.taken and place.worker.exit_code is not None and self._claim(place):
                    self.exits += 1
                    time.sleep(_REPLACED_AFTER_S)
                    place.start()
                    self.release(place)


def working(probe: Mapping[str, Any]) -> bool:
    """Whether a worker has a session that runs."""
    return any(partition["state"] == "running" for partition in probe["partitions"].values())


def has(partition: int) -> Wanted:
    """Whether a worker has this partition."""
    return lambda probe: str(partition) in probe["partitions"]
