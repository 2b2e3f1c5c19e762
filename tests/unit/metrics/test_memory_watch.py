"""What the worker says of the memory of Redis, and how often."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from schemas.errors import Transient
from stream_app.metrics.memory_watch import ALARM_AT, MemoryWatch

SILENT = Transient("Redis did not answer")


def told(*seen: float | Transient | None) -> Sequence[str]:
    """The events in the log when Redis is seen so, look by look."""
    looks = iter(seen)

    async def ratio() -> float | None:
        look = next(looks)
        if isinstance(look, Transient):
            raise look
        return look

    async def scenario() -> None:
        watch = MemoryWatch(ratio)
        for _ in seen:
            await watch.look()

    with capture_logs() as lines:
        asyncio.run(scenario())
    return [line["event"] for line in lines]


@pytest.mark.parametrize("seen", [(None, None, None), (SILENT, None, SILENT, None)])
def test_redis_without_a_limit_is_told_once_as_soon_as_it_answers(seen: Sequence[float | Transient | None]) -> None:
    assert told(*seen) == ["redis_unbounded"]


def test_redis_with_room_under_its_limit_is_not_told() -> None:
    assert told(0.1, SILENT, 0.7) == []


def test_the_alarm_is_raised_once_and_once_more_after_it_was_over() -> None:
    assert told(0.5, ALARM_AT, 0.9, SILENT, 0.9, 0.5, 0.8) == ["redis_memory_high", "redis_memory_high"]
