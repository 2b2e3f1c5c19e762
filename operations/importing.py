"""Puts exported states back into a Redis that lost them.

A partition's meta record is held by the import while its states are written, under a position that no session has: so a
session that is alive commits nothing, and one that claims the partition meanwhile stops or ends. The real position is
set last, in one step, if the partition still is the import's.
"""

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from operations.stored_states import Snapshot, StoredStates
from schemas.errors import ContractViolation, Transient

_AT_ONCE = 2000
_ANSWER_WITHIN_S = 60.0
_HELD = -1
"""The position of a partition that is being imported: outside of any log."""
_TAKE = """
local held = redis.call('HGET', KEYS[1], 'position')
if held and tonumber(held) > 0 and ARGV[3] ~= 'replace' then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'position', ARGV[2])
return 1
"""
_PUT = """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
for i = 2, #KEYS do redis.call('SET', KEYS[i], ARGV[i]) end
return 1
"""
_FINISH = """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'position', ARGV[2], 'anchor', ARGV[3], 'state_digest', ARGV[4], 'partitions', ARGV[5],
  'control', ARGV[6])
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], 'anchor') end
return 1
"""


class Import:
    """An import into one deployment. `replace` takes away what is there."""

    def __init__(self, url: str, app_id: str, replace: bool) -> None:
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=_ANSWER_WITHIN_S, retry=Retry(NoBackoff(), 0), protocol=2
        )
        self._stored = StoredStates(url, app_id)
        self._replace = replace
        self._token = secrets.token_bytes(16)

    def __enter__(self) -> "Import":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._stored.__exit__()

    def put(self, partition: int, snapshot: Snapshot) -> None:
        """Put one partition back.

        Raises ContractViolation when it holds states already or a worker took it meanwhile, Transient when Redis does
        not answer: then run the import again.
        """
        meta = self._stored.meta_key(partition)
        try:
            self._take(partition, meta)
            for keys, states in _pieces(self._stored.prefix(partition), snapshot):
                self._must_be_ours(self._client.eval(_PUT, 1 + len(keys), meta, *keys, self._token, *states), partition)
            self._must_be_ours(self._client.eval(_FINISH, 1, meta, self._token, *_meta(snapshot)), partition)
        except (RedisError, OSError) as error:
            raise Transient(f"Redis does not answer as it should, then import again: {error}") from error

    def _take(self, partition: int, meta: bytes) -> None:
        keys = self._stored.keys(partition)
        if keys and not self._replace:
            raise ContractViolation(
                f"partition {partition} holds the states of {len(keys)} users: --replace takes them away first"
            )
        if not self._client.eval(_TAKE, 1, meta, self._token, _HELD, "replace" if self._replace else ""):
            raise ContractViolation(f"partition {partition} has a position already: --replace takes it away first")
        for at in range(0, len(keys), _AT_ONCE):
            self._client.unlink(*keys[at : at + _AT_ONCE])

    def _must_be_ours(self, done: int, partition: int) -> None:
        if not done:
            raise ContractViolation(
                f"a worker took partition {partition} while it was imported: stop all workers, then import again with "
                "--replace"
            )


def _pieces(prefix: bytes, snapshot: Snapshot) -> Iterator[tuple[list[bytes], Sequence[bytes]]]:
    users = list(snapshot.states)
    for at in range(0, len(users), _AT_ONCE):
        some = users[at : at + _AT_ONCE]
        yield [prefix + user.encode() for user in some], [snapshot.states[user] for user in some]


def _meta(snapshot: Snapshot) -> tuple[int, int | str, str, int, bytes]:
    control = msgspec.json.encode(snapshot.control) if snapshot.control else b""
    anchor = "" if snapshot.anchor is None else snapshot.anchor
    return snapshot.position, anchor, snapshot.state_digest, snapshot.partitions, control
