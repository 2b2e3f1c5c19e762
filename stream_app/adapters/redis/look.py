"""Looks at how full Redis is and what it does with states, over one connection that is kept."""

from typing import Any

import redis.asyncio
from redis.exceptions import NoPermissionError, RedisError

from stream_app.adapters.redis.answers import error_of
from stream_app.adapters.redis.connection import aio_client, connected
from stream_app.deployment import RedisConnection
from stream_app.ports.redis_facts import RedisFacts

_ANSWER_WITHIN_S = 5.0
_DOING = "looking at Redis"
_NOTHING_SAID = RedisFacts(None, None, None)
"""To a user who may not look."""


class RedisLook:
    """Whoever looks again and again."""

    def __init__(self, at: RedisConnection) -> None:
        self._at = at
        self._client: redis.asyncio.Redis | None = None

    async def look(self) -> RedisFacts:
        """How it is. Raises ContractViolation when Redis refuses to be used, Transient when it does not answer."""
        if self._client is None:
            self._client = aio_client(self._at, _ANSWER_WITHIN_S)
        try:
            return _facts(await self._client.info("memory"), await self._client.info("persistence"))
        except NoPermissionError:
            return _NOTHING_SAID
        except (RedisError, OSError, TimeoutError) as error:
            raise error_of(error, _DOING) from error


def look_once(at: RedisConnection) -> RedisFacts:
    """How it is. Raises as RedisLook does."""
    with connected(at, _DOING) as client:
        try:
            return _facts(client.info("memory"), client.info("persistence"))
        except NoPermissionError:
            return _NOTHING_SAID


def _facts(memory: dict[str, Any], persistence: dict[str, Any]) -> RedisFacts:
    used, limit = memory.get("used_memory"), memory.get("maxmemory")
    appends = persistence.get("aof_enabled")
    return RedisFacts(
        memory_ratio=int(used) / int(limit) if used and limit else None,
        eviction=memory.get("maxmemory_policy"),
        appends=None if appends is None else bool(appends),
    )
