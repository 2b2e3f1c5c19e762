"""Where the partitions stood at every tenth of a second of a run, and what that says about recovery and throughput."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofs.chaos.stand import Stand

_EVERY_S = 0.1
_UNKNOWN = -1


@dataclass(frozen=True)
class Timeline:
    """Row by row: when, the position of every partition (-1 while Redis did not answer), and the end of its log."""

    at_s: NDArray[np.float64]
    positions: NDArray[np.int64]
    ends: NDArray[np.int64]

    def until(self, end_s: float) -> "Timeline":
        """The part before a moment."""
        before = self.at_s < end_s
        return Timeline(self.at_s[before], self.positions[before], self.ends[before])

    def recovered_after_s(self, back_s: float) -> float | None:
        """From `back_s` until every partition has moved on or stands where its log ended then; None if one never did.

        That a position falls is no progress: it must rise from one look to the next.
        """
        after = np.flatnonzero(self.at_s >= back_s)
        if len(after) < 2:
            return None
        positions, goal = self.positions[after], self.ends[after[0]]
        rose = np.diff(positions, axis=0, prepend=positions[:1]) > 0
        rose[1:] &= positions[:-1] != _UNKNOWN
        fine = np.maximum.accumulate(rose | (positions >= goal), axis=0).all(axis=1)
        return float(self.at_s[after[np.argmax(fine)]] - back_s) if fine.any() else None

    def slowest_per_s(self, began_s: float, until_s: float) -> float | None:
        """Newly committed events of the slowest second that began in a while; None if it was not seen to its end."""
        total = np.maximum.accumulate(self.positions, axis=0).sum(axis=1)
        starts = self.at_s[(self.at_s >= began_s) & (self.at_s <= min(until_s, self.at_s[-1] - 1.0))]
        if not len(starts):
            return None
        return float((np.interp(starts + 1.0, self.at_s, total) - np.interp(starts, self.at_s, total)).min())

    def rates(self) -> NDArray[np.float64]:
        """Newly committed events of every whole second; what is replayed after a loss is not new."""
        total = np.maximum.accumulate(self.positions, axis=0).sum(axis=1)
        seconds = np.arange(self.at_s[0], self.at_s[-1], 1.0)
        return np.diff(np.interp(seconds, self.at_s, total))

    def longest_standstill_s(self) -> float:
        """The longest time in which nothing new was committed anywhere."""
        total = np.maximum.accumulate(self.positions, axis=0).sum(axis=1)
        moved = self.at_s[np.flatnonzero(np.diff(total, prepend=-1) > 0)]
        return float(np.diff(moved, append=self.at_s[-1]).max())


class Recorder:
    """Takes the timeline down in a thread of its own."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._rows: list[tuple[float, Sequence[int], Sequence[int]]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._record, name="timeline", daemon=True)
        self._thread.start()

    def finish(self) -> Timeline:
        """All that was seen."""
        self._ended.set()
        self._thread.join()
        at_s, positions, ends = zip(*self._rows, strict=True)
        return Timeline(np.array(at_s), np.array(positions, np.int64), np.array(ends, np.int64))

    def committed(self) -> int:
        """Events committed so far, as last seen."""
        return max((sum(positions) for _, positions, _ in self._rows[-20:]), default=0)

    def level(self, within: float) -> bool:
        """Whether, as last seen, at most so many acknowledged events were not yet committed."""
        if not self._rows:
            return False
        _, positions, ends = self._rows[-1]
        return _UNKNOWN not in positions and sum(ends) - sum(positions) <= within

    def _record(self) -> None:
        unknown = [_UNKNOWN] * self._stand.setup.partitions
        while not (self._ended.wait(_EVERY_S) or self._stand.ended.is_set()):
            ends = self._stand.ends
            positions = self._stand.redis.positions()
            self._rows.append((time.monotonic(), positions or unknown, ends))
