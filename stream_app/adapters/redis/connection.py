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

from schemas.errors import ContractViolation
from stream_app.adapters.redis.answers import error_of
from stream_app.deployment import RedisConnection

_TIMEOUT_S = 30.0


def client(at: RedisConnection, timeout_s: float = _TIMEOUT_S) -> "redis.Redis":
    """A client that blocks."""
    once = Retry(NoBackoff(), 0)
    with _as_settings(at):
        return redis.Redis.from_url(
            at.url, retry=once, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, **_access(at)
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
    once = AsyncRetry(NoBackoff(), 0)
    with _as_settings(at):
        return redis.asyncio.Redis.from_url(at.url, retry=once, socket_timeout=timeout_s, **_access(at))


def aio_connection(at: RedisConnection) -> AbstractConnection:
    """One bare connection for asyncio; once it is lost it stays so."""
    with _as_settings(at):
        options: dict[str, Any] = {**_access(at), **parse_url(at.url)}
    kind = options.pop("connection_class", Connection)
    connection: AbstractConnection = kind(**options, retry=AsyncRetry(NoBackoff(), 0), retry_on_error=[])
    return connection


def look_at_redis(at: RedisConnection) -> None:
    """Return when it answers and lets one in; one that still loads its data does not. Raises as `connected` does."""
    with connected(at) as asked:
        asked.ping()


@contextmanager
def _as_settings(at: RedisConnection) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ContractViolation(f"CHURN_REDIS_URL={at} is no address of a Redis: {error}") from None


def _access(at: RedisConnection) -> dict[str, Any]:
    """How a client is let in, under redis-py's own names; what the URL says comes before it."""
    login = {"username": at.username, "password": at.password}
    given = {name: value for name, value in login.items() if value is not None}
    if not at.url.startswith("rediss://"):
        return given
    files = {
        "ssl_ca_certs": at.tls.ca_file,
        "ssl_certfile": at.tls.certificate_file,
        "ssl_keyfile": at.tls.key_file,
        # Empty: without any, OpenSSL would ask whoever sits at the terminal.
        "ssl_password": at.tls.key_password or "",
    }
    return given | files
