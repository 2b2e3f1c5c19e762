"""Stops a partition before a bad deploy, or a broken producer, drains its log into the dead letters."""

from bisect import bisect_left, insort
from collections.abc import Iterable

WINDOW = 1000
"""Records that the breaker looks back over. Counted, not timed: so a replay breaks at the same record."""
NO_FAULT = frozenset({"tombstone"})
"""Reasons that speak of no bad deploy and no broken producer: whoever erases users writes many at once."""


class Breaker:
    """Which of the latest records of a partition were rejected; `share` of them may be, not more.

    What it knows is a function of the log and its dead letters alone, wherever a session begins.
    """

    def __init__(self, share: float, rejected: Iterable[int]) -> None:
        self._most = share * WINDOW
        self._rejected = sorted(rejected)

    def first_too_many(self, offsets: Iterable[int]) -> int | None:
        """Of records to be rejected next, in offset order, the first that would be one too many; the others count."""
        for offset in offsets:
            del self._rejected[: bisect_left(self._rejected, offset - WINDOW + 1)]
            place = bisect_left(self._rejected, offset)
            known = self._rejected[place : place + 1] == [offset]
            if not known and place + 1 > self._most:
                return offset
            if not known:
                insort(self._rejected, offset)
        return None
