"""States and position of a partition in Redis: one MGET and one fenced script call per batch.

The connection never reconnects and never retries: a session that lost it ends, and the next one reads the truth.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

import hiredis
import msgspec
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from schemas.errors import Transient
from schemas.events import ControlData
from stream_app.adapters.redis.answers import error_of
from stream_app.adapters.redis.connection import aio_connection
from stream_app.adapters.redis.keys import meta_key, state_prefix
from stream_app.deployment import Deployment
from stream_app.partition.effects import Anchor, Claim, Commit, Meta

CLAIM = """
redis.call('HSET', KEYS[1], 'owner', ARGV[1])
redis.call('HSETNX', KEYS[1], 'position', 0)
redis.call('HSETNX', KEYS[1], 'state_digest', ARGV[2])
redis.call('HSETNX', KEYS[1], 'partitions', ARGV[3])
return redis.call('HMGET', KEYS[1], 'position', 'anchor', 'anchor_offset', 'state_digest', 'partitions', 'control')
"""
CHECK = """
local held = redis.call('HMGET', KEYS[1], 'owner', 'position')
return (held[1] == ARGV[1] and held[2] == ARGV[2]) and 1 or 0
"""
COMMIT = """
local held = redis.call('HMGET', KEYS[1], 'owner', 'position')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
local pairs, n = {}, 0
for i = 2, #KEYS do
  pairs[n + 1], pairs[n + 2] = KEYS[i], ARGV[i + 5]
  n = n + 2
  if n == 4000 then redis.call('MSET', unpack(pairs, 1, n)) n = 0 end
end
if n > 0 then redis.call('MSET', unpack(pairs, 1, n)) end
redis.call('HSET', KEYS[1], 'position', ARGV[3], 'anchor', ARGV[4], 'anchor_offset', ARGV[5], 'control', ARGV[6])
return 1
"""
META_FIELDS = ("position", "anchor", "anchor_offset", "state_digest", "partitions", "control")
_TIMEOUT_S = 10.0

Answer = TypeVar("Answer")


def anchor_fields(anchor: Anchor | None) -> tuple[bytes | int, bytes | int]:
    """Hash and offset of an anchor, empty where there is none."""
    return (b"", b"") if anchor is None else (anchor.hashed, anchor.offset)


def read_meta(values: Sequence[bytes | None]) -> Meta:
    """What the META_FIELDS of a partition that was claimed say.

    Versions that knew no offsets without a record did not say where the anchor stands: right before the position.
    """
    position, hashed, offset, digest, partitions, control = values
    before = int(position or 0) - 1
    return Meta(
        position=int(position or 0),
        anchor=Anchor(int(offset or before), int(hashed)) if hashed else None,
        state_digest=(digest or b"").decode(),
        partitions=int(partitions or 0),
        control=msgspec.json.decode(control, type=ControlData) if control else None,
    )


class RedisStates:
    """One partition of one deployment, over one connection of its own."""

    def __init__(self, deployment: Deployment, partition: int) -> None:
        self._at, app_id = deployment.redis, deployment.app_id
        self._meta, self._states = meta_key(app_id, partition), state_prefix(app_id, partition)
        self._connection: AbstractConnection | None = None
        self._hashes: dict[str, bytes] = {}

    async def claim(self, claim: Claim) -> Meta:
        """Connect and take the partition over."""
        self._connection = aio_connection(self._at)
        await self._answered(self._exchange(self._connection, ("PING",)))
        for script in (CLAIM, CHECK, COMMIT):
            self._hashes[script] = await self._call("SCRIPT", "LOAD", script)
        return read_meta(await self._script(CLAIM, [], claim.token, claim.state_digest, claim.partitions))

    async def check(self, token: bytes, position: int) -> bool:
        """Whether owner and position are these."""
        return bool(await self._script(CHECK, [], token, position))

    async def load(self, users: Sequence[str]) -> Sequence[bytes | None]:
        """The stored states, None where there is none."""
        states: list[bytes | None] = await self._call("MGET", *self._keys(users))
        return states

    async def commit(self, commit: Commit) -> bool:
        """States, position, anchor and control in one step, if owner and position are as expected."""
        control = msgspec.json.encode(commit.control) if commit.control else b""
        head = (commit.token, commit.expected, commit.position, *anchor_fields(commit.anchor), control)
        return bool(await self._script(COMMIT, self._keys(commit.users), *head, *commit.states))

    async def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            await self._connection.disconnect(nowait=True)

    def _keys(self, users: Sequence[str]) -> list[str]:
        return [self._states + user for user in users]

    async def _script(self, script: str, keys: list[str], *arguments: Any) -> Any:  # noqa: ANN401 - Redis replies
        return await self._call("EVALSHA", self._hashes[script], 1 + len(keys), self._meta, *keys, *arguments)

    async def _call(self, *command: Any) -> Any:  # noqa: ANN401 - Redis replies
        if self._connection is None or not self._connection.is_connected:
            raise Transient("the connection to Redis is gone")
        return await self._answered(self._exchange(self._connection, command))

    async def _exchange(self, connection: AbstractConnection, command: tuple[Any, ...]) -> Any:  # noqa: ANN401
        await connection.send_packed_command(hiredis.pack_command(command), check_health=False)
        return await connection.read_response()

    async def _answered(self, awaitable: Awaitable[Answer]) -> Answer:
        """The answer, ContractViolation for a definite no, or Transient.

        Whether an unanswered command was carried out is not known.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await awaitable
        except (RedisError, OSError, TimeoutError) as error:
            await self.close()
            raise error_of(error, "keeping states") from error
        except asyncio.CancelledError:
            await self.close()
            raise
