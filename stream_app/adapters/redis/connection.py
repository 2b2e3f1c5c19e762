"""Every client of Redis is made here. None of them tries again by itself: whoever is in doubt reads the truth anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.connection import AbstractConnection, Connection, parse_url
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from stream_app.adapters.redis.answers import error_of
from stream_app.deployment import RedisConnection

_TIMEOUT_S = 30.0


def client(at: RedisConnection, timeout_s: float = _TIMEOUT_S) -> "redis.Redis":
    """A client that blocks."""
    return redis.Redis.from_url(
        at.url, retry=Retry(NoBackoff(), 0), socket_timeout=timeout_s, socket_connect_timeout=timeout_s
    )


@contextmanager
def connected(at: RedisConnection, doing: str = "asking for states") -> Iterator["redis.Redis"]:
    """The same, closed at the end. Raises ContractViolation for a definite no, Transient for whatever is no answer."""
    blocking = client(at)
    try:
        yield blocking
    except RedisError as error:
        raise error_of(error, doing) from error
    finally:
        blocking.close()


def aio_client(at: RedisConnection, timeout_s: float | None = None) -> "redis.asyncio.Redis":
    """A client for asyncio."""
    return redis.asyncio.Redis.from_url(at.url, retry=AsyncRetry(NoBackoff(), 0), socket_timeout=timeout_s)


def aio_connection(at: RedisConnection) -> AbstractConnection:
    """One bare connection for asyncio; once it is lost it stays so."""
    options: dict[str, Any] = dict(parse_url(at.url))
    kind = options.pop("connection_class", Connection)
    connection: AbstractConnection = kind(**options, retry=AsyncRetry(NoBackoff(), 0), retry_on_error=[])
    return connection
