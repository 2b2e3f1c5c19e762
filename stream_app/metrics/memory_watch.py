"""Raises an alarm while Redis still has room, and says when it has no limit by which that could be told."""

from collections.abc import Awaitable, Callable, Iterator

import structlog

from schemas.errors import Transient
from stream_app.metrics.catalogue import REDIS_MEMORY
from stream_app.metrics.worker_metrics import GaugeReading

ALARM_AT = 0.75
_log = structlog.get_logger()


class MemoryWatch:
    """What was last seen of the memory of Redis."""

    def __init__(self, ratio: Callable[[], Awaitable[float | None]]) -> None:
        self._ratio = ratio
        self.last: float | None = None
        self.alarmed = False
        self._seen = False

    async def look(self) -> None:
        """Look again. The alarm is raised once, and once more after it was over; that there is no limit is told once.

        Silence of Redis is the sessions'.
        """
        try:
            self.last = await self._ratio()
        except Transient:
            self.last = None
            return
        if self.last is None and not self._seen:
            _log.warning("redis_unbounded", why="set maxmemory: without it nothing tells how full Redis is")
        self._seen = True
        high = self.last is not None and self.last >= ALARM_AT
        if high and not self.alarmed:
            _log.error("redis_memory_high", ratio=round(self.last or 0.0, 3), alarm_at=ALARM_AT)
        self.alarmed = high

    def readings(self) -> Iterator[GaugeReading]:
        """The gauge, if anything was seen."""
        if self.last is not None:
            yield GaugeReading(REDIS_MEMORY, (), self.last)
