"""Reads what Redis holds of a partition while its worker goes on: page by page, each as of one position.

Keys of states are added and never taken away. So every user there was at the position of the first page, which is read
before the keys are looked for, is on one of the pages that follow.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from schemas.errors import ContractViolation, Transient
from stream_app.adapters.redis.globs import beginning_with
from stream_app.adapters.redis.states import META_FIELDS, meta_key, read_meta, state_prefix
from stream_app.partition.effects import Meta

PAGE = 1000
"""States read, or written, at once: holds up Redis for about a millisecond."""
_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Page:
    """Some states of a partition as they were at the position of `meta`; no meta where nobody has claimed it yet."""

    meta: Meta | None
    states: Mapping[str, bytes | None] = field(default_factory=dict)

    @property
    def position(self) -> int:
        """Next offset to apply."""
        return self.meta.position if self.meta else 0


@contextmanager
def connected(url: str) -> Iterator["redis.Redis"]:
    """A client that never tries again by itself. Raises Transient for whatever is no answer."""
    client = redis.Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
    )
    try:
        yield client
    except RedisError as error:
        raise Transient(f"Redis did not answer: {error}; see that it runs, then try again") from error
    finally:
        client.close()


def pages(client: "redis.Redis", app_id: str, partition: int) -> Iterator[Page]:
    """A partition: first the position alone, then its states; positions never fall.

    Raises ContractViolation when an import has not been finished, Transient when Redis loses writes meanwhile.
    """
    page = _page(client, app_id, partition, [])
    yield page
    found = sorted(users(client, app_id, partition))
    for start in range(0, len(found), PAGE):
        before, page = page, _page(client, app_id, partition, found[start : start + PAGE])
        if page.position < before.position:
            raise Transient(f"Redis has lost writes of partition {partition} while it was read: try again")
        yield page


def users(client: "redis.Redis", app_id: str, partition: int) -> set[str]:
    """Whoever has a state."""
    prefix = state_prefix(app_id, partition)
    found = client.scan_iter(beginning_with(prefix), count=PAGE)
    return {key[len(prefix.encode()) :].decode() for key in found}


def _page(client: "redis.Redis", app_id: str, partition: int, found: Sequence[str]) -> Page:
    together = client.pipeline(transaction=True)
    together.hmget(meta_key(app_id, partition), META_FIELDS)
    if found:
        prefix = state_prefix(app_id, partition)
        together.mget([prefix + user for user in found])
    meta, *states = together.execute()
    page = Page(
        read_meta(meta) if meta[0] is not None else None, dict(zip(found, states[0], strict=True)) if found else {}
    )
    if page.position < 0:
        raise ContractViolation(
            f"an import into partition {partition} was not finished: run `churn import-state` again"
        )
    return page
