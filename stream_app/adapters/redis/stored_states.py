"""Reads what Redis holds of a partition while its worker goes on: page by page, each as of one position.

Keys of states are added and never taken away. So every user there was at the position of the first page, which is read
before the keys are looked for, is on one of the pages that follow.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import redis

from schemas.errors import ContractViolation, Transient
from stream_app.adapters.redis.connection import connected
from stream_app.adapters.redis.keys import all_states_pattern, meta_key, state_prefix, states_pattern
from stream_app.adapters.redis.partition_import import RedisImport
from stream_app.adapters.redis.states import META_FIELDS, read_meta
from stream_app.deployment import Deployment
from stream_app.ports.stored_states import PAGE, Page


class RedisStoredStates:
    """The states of one app id, over one client."""

    def __init__(self, client: "redis.Redis", app_id: str) -> None:
        self._client, self._app_id = client, app_id

    def pages(self, partition: int) -> Iterator[Page]:
        """A partition: first the position alone, then its states; positions never fall.

        Raises ContractViolation when an import has not been finished, Transient when Redis loses writes meanwhile.
        """
        page = self._page(partition, [])
        yield page
        found = sorted(self.users(partition))
        for start in range(0, len(found), PAGE):
            before, page = page, self._page(partition, found[start : start + PAGE])
            if page.position < before.position:
                raise Transient(f"Redis has lost writes of partition {partition} while it was read: try again")
            yield page

    def users(self, partition: int) -> set[str]:
        """Whoever has a state."""
        prefix = state_prefix(self._app_id, partition).encode()
        found = self._client.scan_iter(states_pattern(self._app_id, partition), count=PAGE)
        return {key[len(prefix) :].decode() for key in found}

    def position(self, partition: int) -> int:
        """Next offset to apply; below 0 while an import is under way."""
        return int(self._client.hget(meta_key(self._app_id, partition), "position") or 0)

    def an_import(self, partition: int) -> RedisImport:
        """A new import into a partition."""
        return RedisImport(self._client, self._app_id, partition, secrets.token_bytes(16))

    def _page(self, partition: int, found: Sequence[str]) -> Page:
        together = self._client.pipeline(transaction=True)
        together.hmget(meta_key(self._app_id, partition), META_FIELDS)
        if found:
            prefix = state_prefix(self._app_id, partition)
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


@contextmanager
def stored_states(deployment: Deployment) -> Iterator[RedisStoredStates]:
    """Those of a deployment. Raises Transient for whatever is no answer."""
    with connected(deployment.redis) as client:
        yield RedisStoredStates(client, deployment.app_id)


def some_sizes(deployment: Deployment, most: int) -> list[int]:
    """Bytes of the packed states of some users, of whatever partition. Raises Transient for whatever is no answer."""
    with connected(deployment.redis) as client:
        found = client.scan_iter(all_states_pattern(deployment.app_id), count=5 * PAGE)
        return [len(state) for state in client.mget(list(islice(found, most))) if state is not None]
