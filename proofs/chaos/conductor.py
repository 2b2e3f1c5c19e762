"""Carries a schedule out: each fault in a thread of its own, once it is due and nobody else has what it needs."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from proofs.chaos.faults.fault import Fault, Harmed
from proofs.chaos.ground import Ended
from proofs.chaos.pace import Spacing
from proofs.chaos.schedule import PlannedFault

_LOOK_EVERY_S = 0.05
_JOINED_WITHIN_S = 60.0
_EXTRA_S = 90.0


@dataclass(frozen=True)
class Happened:
    """A fault that came about: when it began and when the faulty party was back, in `time.monotonic` seconds."""

    kind: str
    began: float
    back: float


class Conductor(Generic[Harmed]):
    """Runs faults; `happened` lists those that came about, `missed` counts those without an occasion."""

    def __init__(self, ground: Harmed, pace: Spacing) -> None:
        self.happened: list[Happened] = []
        self.missed: Counter[str] = Counter()
        self._ground = ground
        self._held: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._failure: BaseException | None = None
        self._pace = pace

    def conduct(self, schedule: Sequence[PlannedFault[Harmed]], seconds: float, tick: Callable[[], None]) -> None:
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

    def _owed(self, schedule: Sequence[PlannedFault[Harmed]]) -> list[PlannedFault[Harmed]]:
        """One fault of each kind that was planned and did not come about."""
        found = {one.kind for one in self.happened}
        return list({planned.fault.kind: planned for planned in schedule if planned.fault.kind not in found}.values())

    def _has_room(self, fault: Fault[Harmed]) -> bool:
        return not fault.alone_with & self._held and self._pace.has_room(len(self._threads))

    def _begin(self, planned: PlannedFault[Harmed]) -> None:
        self._held |= planned.fault.alone_with
        thread = threading.Thread(target=self._act, args=(planned,), name=planned.fault.kind, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _act(self, planned: PlannedFault[Harmed]) -> None:
        began = time.monotonic()
        try:
            back = planned.fault.act(self._ground, random.Random(planned.seed))
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
            self._pace.ended(back)
            self.happened.append(Happened(kind, began, back))

    def _look_after(self) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if self._failure is not None:
            raise self._failure
