"""Looks again, while a worker runs, whether the topics still are as they were agreed to be."""

import asyncio
from collections.abc import Callable

import structlog

from schemas.errors import ContractViolation, Transient

EVERY_S = 20.0
_log = structlog.get_logger()


class TopicsWatch:
    """What was seen of them; `look_at_topics` raises as `agreed_partitions` does.

    What is seen twice in a row counts: a broker that has just started may not know of a topic yet.
    """

    def __init__(self, look_at_topics: Callable[[], object]) -> None:
        self._look_at_topics = look_at_topics
        self._last: list[ContractViolation | None] = [None, None]

    async def look(self) -> None:
        """Look again. Silence of Kafka is the sessions'."""
        try:
            await asyncio.to_thread(self._look_at_topics)
        except Transient:
            return
        except ContractViolation as broken:
            _log.error("topics_changed", state=broken.state, why=str(broken))
            self._last = [self._last[1], broken]
        else:
            self._last = [None, None]

    def must_be_agreed(self) -> None:
        """Raises ContractViolation when the topics are not as agreed."""
        before, last = self._last
        if before is not None and last is not None:
            raise ContractViolation(str(last), state=last.state)
