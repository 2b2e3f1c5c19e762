"""Whether a partition comes on: one that has something to apply and applies nothing for a minute stands still."""

import time
from collections.abc import Callable

STANDS_STILL_AFTER_S = 60.0


class Movement:
    """Since when a partition has been behind at one and the same position, as far as looks at it say."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._position: int | None = None
        self._since_s = now_s()

    def look(self, position: int | None, end: int | None) -> None:
        """Take note of the next offset to apply, and of where the log ended when it was last asked."""
        if position != self._position or position is None or end is None or position >= end:
            self._position, self._since_s = position, self._now_s()

    @property
    def stands_still(self) -> bool:
        """Whether it has been behind for too long without applying anything."""
        return self._now_s() - self._since_s >= STANDS_STILL_AFTER_S
