"""What the worker says of Redis, and how often, and when it does not trust Redis with states."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from schemas.errors import ContractViolation, Transient
from stream_app.metrics.redis_watch import ALARM_AT, KEEPS, RedisWatch
from stream_app.ports.redis_facts import RedisFacts

SILENT = Transient("Redis did not answer")
REFUSED = ContractViolation("NOAUTH", "refused_by_redis")
NOT_SAID = RedisFacts(None, None, None)


def filled(ratio: float | None) -> RedisFacts:
    return RedisFacts(ratio, KEEPS, appends=True)


def watched(*seen: RedisFacts | Exception) -> tuple[RedisWatch, Sequence[str]]:
    """A watch that has looked so often, and the events in the log."""
    looks = iter(seen)

    async def look() -> RedisFacts:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    async def scenario() -> RedisWatch:
        watch = RedisWatch(look)
        for _ in seen:
            await watch.look()
        return watch

    with capture_logs() as lines:
        watch = asyncio.run(scenario())
    return watch, [line["event"] for line in lines]


@pytest.mark.parametrize("seen", [(filled(None),) * 3, (SILENT, filled(None), REFUSED, filled(None))])
def test_redis_without_a_limit_is_told_once_as_soon_as_it_answers(seen: Sequence[RedisFacts | Exception]) -> None:
    assert watched(*seen)[1] == ["redis_unbounded"]


def test_redis_with_room_under_its_limit_is_not_told() -> None:
    assert watched(filled(0.1), SILENT, filled(0.7))[1] == []


def test_the_alarm_is_raised_once_and_once_more_after_it_was_over() -> None:
    seen = [filled(ratio) for ratio in (0.5, ALARM_AT, 0.9, 0.9, 0.5, 0.8)]
    assert watched(*seen[:3], SILENT, *seen[3:])[1] == ["redis_memory_high", "redis_memory_high"]


def test_redis_that_does_not_write_what_it_has_is_told_once() -> None:
    assert watched(*[RedisFacts(0.1, KEEPS, appends=False)] * 3)[1] == ["redis_not_durable"]


def test_what_may_not_be_looked_at_is_told_once_and_not_assumed() -> None:
    watch, told = watched(*[NOT_SAID] * 3)
    assert told == ["redis_not_looked_at"]
    watch.refuse_eviction()
    assert list(watch.readings()) == []


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
def test_states_are_not_trusted_to_a_redis_that_may_evict_until_it_is_mended(policy: str) -> None:
    watch, _ = watched(filled(0.1), RedisFacts(None, policy, appends=True))
    with pytest.raises(ContractViolation, match=f"{policy}.*CONFIG SET maxmemory-policy noeviction") as stopped:
        watch.refuse_eviction()
    assert stopped.value.state == "redis_may_evict"
    watch.take(filled(0.1))
    watch.refuse_eviction()


def test_sessions_wait_for_the_first_look_and_not_for_later_ones() -> None:
    with pytest.raises(Transient, match="not been looked at"):
        watched(SILENT, REFUSED)[0].refuse_eviction()
    watched(filled(0.1), SILENT, REFUSED)[0].refuse_eviction()
