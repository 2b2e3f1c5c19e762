"""Puts exported states into Redis so that no session can come between.

    begin → fence the publisher → remove what is left → write the states → finish

Begin sets the position to -1, outside of every log: a session that had claimed the partition before can commit no more,
and one that claims it now stops (`position_outside_log`) before it reads a record. Fencing its publisher, before any
state changes, keeps a session that has not noticed from publishing what it decides on states that are not its own.
Every later step is refused once another import has begun. Finish names the true position and no owner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import redis

from schemas.errors import Transient
from stream_app.adapters.redis.keys import meta_key, state_prefix
from stream_app.adapters.redis.states import anchor_fields
from stream_app.partition.effects import Meta
from stream_app.ports.stored_states import occupied

BEGIN = """
local position = redis.call('HGET', KEYS[1], 'position')
if ARGV[2] ~= '1' and position and tonumber(position) > 0 then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'import', ARGV[1], 'owner', ARGV[1], 'position', -1)
redis.call('HSET', KEYS[1], 'state_digest', ARGV[3], 'partitions', ARGV[4])
return 1
"""
REMOVE = """
if redis.call('HGET', KEYS[1], 'import') ~= ARGV[1] then return 0 end
for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 1
"""
WRITE = """
if redis.call('HGET', KEYS[1], 'import') ~= ARGV[1] then return 0 end
for i = 2, #KEYS do redis.call('SET', KEYS[i], ARGV[i]) end
return 1
"""
FINISH = """
if redis.call('HGET', KEYS[1], 'import') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'import', 'owner')
redis.call('HSET', KEYS[1], 'position', ARGV[2], 'anchor', ARGV[3], 'anchor_offset', ARGV[4], 'control', ARGV[5])
return 1
"""


@dataclass(frozen=True)
class RedisImport:
    """One import into one partition, under a token of its own."""

    client: "redis.Redis"
    app_id: str
    partition: int
    token: bytes

    def begin(self, meta: Meta, *, replace: bool) -> None:
        """Take the partition. Raises ContractViolation when it has been worked on and is not to be replaced."""
        arguments = (int(replace), meta.state_digest, meta.partitions)
        if not self._run(BEGIN, [], *arguments):
            raise occupied(self.partition)

    def remove(self, users: Sequence[str]) -> None:
        """Delete states."""
        self._must(self._run(REMOVE, users))

    def write(self, users: Sequence[str], states: Sequence[bytes]) -> None:
        """Set states."""
        self._must(self._run(WRITE, users, *states))

    def finish(self, meta: Meta) -> None:
        """Let sessions begin at the position."""
        control = b"" if meta.control is None else msgspec.json.encode(meta.control)
        self._must(self._run(FINISH, [], meta.position, *anchor_fields(meta.anchor), control))

    def _must(self, done: bool) -> None:
        if not done:
            raise Transient(f"another import into partition {self.partition} has begun: let it finish")

    def _run(self, script: str, users: Sequence[str], *arguments: Any) -> bool:  # noqa: ANN401 - whatever Redis takes
        prefix = state_prefix(self.app_id, self.partition)
        keys = [meta_key(self.app_id, self.partition), *(prefix + user for user in users)]
        return bool(self.client.eval(script, len(keys), *keys, self.token, *arguments))
