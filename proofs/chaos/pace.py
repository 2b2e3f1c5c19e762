"""When the next fault may begin: side by side, so that they meet each other, or apart, so that each can be measured."""

import time
from collections.abc import Callable
from typing import Protocol

_MOST_AT_ONCE = 8
_BREATH_S = 8.0
"""After a fault the ground may work again before the next one: to kill what stands still proves little. So long at
most, for whoever stands still may need another blow."""
_LEVEL_FOR_S = 2.0


class Spacing(Protocol):
    """Asked by a conductor before each fault, and told after it."""

    def has_room(self, running: int) -> bool:
        """Whether another fault may begin beside so many."""

    def ended(self, back: float) -> None:
        """A fault came about, and its party was back at this `time.monotonic` second."""


class SideBySide:
    """Many at once. `committed` says how many events are."""

    def __init__(self, committed: Callable[[], int]) -> None:
        self._committed = committed
        self._committed_then, self._breathes_until = -1, 0.0

    def has_room(self, running: int) -> bool:
        """As soon as there was progress since the last fault ended."""
        breathing = time.monotonic() < self._breathes_until and self._committed() <= self._committed_then
        return not breathing and running < _MOST_AT_ONCE

    def ended(self, back: float) -> None:
        """Progress from now on counts."""
        self._committed_then, self._breathes_until = self._committed(), back + _BREATH_S


class Apart:
    """One at a time. `level` says whether all that was sent is applied."""

    def __init__(self, level: Callable[[], bool]) -> None:
        self._level = level
        self._level_since = time.monotonic()

    def has_room(self, running: int) -> bool:
        """Once nothing has been behind for a while."""
        now = time.monotonic()
        if running or not self._level():
            self._level_since = now
        return now - self._level_since >= _LEVEL_FOR_S

    def ended(self, back: float) -> None:
        """What was level before is not worth knowing."""
        self._level_since = max(self._level_since, back)
