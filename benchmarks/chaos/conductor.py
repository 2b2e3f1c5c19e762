"""Carries a schedule out: each fault in a thread of its own as soon as it is due and nobody else has what it needs."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.chaos.faults.fault import Fault
from benchmarks.chaos.schedule import Planned
from benchmarks.chaos.stand import Ended, Stand

_LOOK_EVERY_S = 0.05
_MOST_AT_ONCE = 8
_JOINED_WITHIN_S = 60.0
_EXTRA_S = 90.0
_BREATH_S = 8.0
"""After a fault the stand may work again before the next one: to kill what stands still proves little. So long at most,
for whoever stands still may need another blow."""


@dataclass(frozen=True)
class Happened:
    """A fault that came about: when it began and when the faulty party was back, in `time.monotonic` seconds."""

    kind: str
    began: float
    back: float


class Conductor:
    """Runs faults side by side; `happened` lists those that came about, `missed` counts those without an occasion."""

    def __init__(self, stand: Stand, committed: Callable[[], int]) -> None:
        """`committed` says how many events are."""
        self.happened: list[Happened] = []
        self.missed: Counter[str] = Counter()
        self._stand = stand
        self._held: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._failure: BaseException | None = None
        self._committed = committed
        self._committed_then, self._breathes_until = -1, 0.0

    def conduct(self, schedule: Sequence[Planned], seconds: float, tick: Callable[[], None]) -> None:
        """Let time pass and faults happen; afterwards whatever kind has not come about gets another chance.

        Faults that find no room in the time are left out. Raises what a fault raises.
        """
        began = time.monotonic()
        waiting = list(schedule)
        while (now_s := time.monotonic() - began) < seconds + _EXTRA_S:
            if now_s >= seconds:
                waiting = self._owed(schedule) if not self._threads else []
                if not waiting and not self._threads:
                    return
            for planned in [one for one in waiting if one.at_s <= now_s and self._has_room(one.fault)]:
                if self._has_room(planned.fault):
                    waiting.remove(planned)
                    self._begin(planned)
            self._look_after()
            tick()
            time.sleep(_LOOK_EVERY_S)

    def end(self) -> None:
        """Wait for the threads that still run."""
        for thread in self._threads:
            thread.join(_JOINED_WITHIN_S)

    def _owed(self, schedule: Sequence[Planned]) -> list[Planned]:
        """One fault of each kind that was planned and did not come about."""
        found = {one.kind for one in self.happened}
        return list({planned.fault.kind: planned for planned in schedule if planned.fault.kind not in found}.values())

    def _has_room(self, fault: Fault) -> bool:
        breathing = self._committed() <= self._committed_then and time.monotonic() < self._breathes_until
        return not breathing and len(self._threads) < _MOST_AT_ONCE and not fault.alone_with & self._held

    def _begin(self, planned: Planned) -> None:
        self._held |= planned.fault.alone_with
        thread = threading.Thread(target=self._act, args=(planned,), name=planned.fault.kind, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _act(self, planned: Planned) -> None:
        began = time.monotonic()
        try:
            back = planned.fault.act(self._stand, random.Random(planned.seed))
        except Ended:
            return
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._failure = error
        else:
            self._note(planned.fault.kind, began, back)
        finally:
            self._held -= planned.fault.alone_with

    def _note(self, kind: str, began: float, back: float | None) -> None:
        if back is None:
            self.missed[kind] += 1
        else:
            self._committed_then, self._breathes_until = self._committed(), back + _BREATH_S
            self.happened.append(Happened(kind, began, back))

    def _look_after(self) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if self._failure is not None:
            raise self._failure
