"""Sees what Redis does with the states that it is trusted with: it must not evict them, nor fill up unnoticed."""

from collections.abc import Awaitable, Callable, Iterator

import structlog

from schemas.errors import ContractViolation, Transient
from stream_app.metrics.catalogue import REDIS_MEMORY
from stream_app.metrics.worker_metrics import GaugeReading
from stream_app.ports.redis_facts import RedisFacts

ALARM_AT = 0.75
KEEPS = "noeviction"
_log = structlog.get_logger()


class RedisWatch:
    """What was last seen of Redis. States are trusted to it once it was looked at, or may not be looked at."""

    def __init__(self, look: Callable[[], Awaitable[RedisFacts]]) -> None:
        self._look = look
        self.last: RedisFacts | None = None
        self._alarmed = False
        self._told: set[str] = set()
        self._trusted = False

    async def look(self) -> None:
        """Look again. Silence of Redis, and its refusals, are the sessions'."""
        try:
            self.take(await self._look())
        except (ContractViolation, Transient):
            self.last = None

    def take(self, facts: RedisFacts) -> None:
        """Redis was seen so. What stays as it is is told once, an alarm once more after it was over."""
        self.last, self._trusted = facts, True
        if facts.eviction is None:
            self._tell(
                "redis_not_looked_at",
                f"INFO does not tell this user how Redis is: see to it that maxmemory-policy is {KEEPS}, or grant INFO",
            )
        elif facts.memory_ratio is None:
            self._tell("redis_unbounded", "set maxmemory: without it nothing tells how full Redis is")
        if facts.appends is False:
            self._tell("redis_not_durable", "set appendonly yes: a restart of Redis loses all states")
        ratio = facts.memory_ratio or 0.0
        if ratio >= ALARM_AT and not self._alarmed:
            _log.error("redis_memory_high", ratio=round(ratio, 3), alarm_at=ALARM_AT)
        self._alarmed = ratio >= ALARM_AT

    def refuse_eviction(self) -> None:
        """Raises ContractViolation while Redis may evict states, Transient as long as nobody has looked at it."""
        if not self._trusted:
            raise Transient("Redis has not been looked at yet, see that it runs")
        if self.last is not None and self.last.eviction not in (None, KEEPS):
            raise ContractViolation(
                f"Redis has maxmemory-policy {self.last.eviction} and may evict states, which nobody would notice: "
                f"`redis-cli CONFIG SET maxmemory-policy {KEEPS}`, and in its configuration file",
                "redis_may_evict",
            )

    def readings(self) -> Iterator[GaugeReading]:
        """The gauge, if anything was seen."""
        if self.last is not None and self.last.memory_ratio is not None:
            yield GaugeReading(REDIS_MEMORY, (), self.last.memory_ratio)

    def _tell(self, event: str, why: str) -> None:
        if event not in self._told:
            self._told.add(event)
            _log.warning(event, why=why)
