"""The states of a deployment as they stand in Redis: a partition at one moment, while its worker goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from schemas.errors import Transient
from schemas.events import ControlData

_SCAN_AT_ONCE = 5000
_MOST_LOOKS = 20
_ANSWER_WITHIN_S = 60.0
FIELDS = ("position", "anchor", "state_digest", "partitions", "control")
_READ = """
local out = {redis.call('HMGET', KEYS[1], 'position', 'anchor', 'state_digest', 'partitions', 'control')}
for i = 2, #KEYS, 4000 do
  local part = redis.call('MGET', unpack(KEYS, i, math.min(i + 3999, #KEYS)))
  for j = 1, #part do out[#out + 1] = part[j] end
end
return out
"""
"""In one call, so that all values belong to one position; it holds Redis up for about a second a million users."""


@dataclass(frozen=True)
class Snapshot:
    """A partition at one moment: its states, and what they were folded up to and with."""

    position: int
    anchor: int | None
    state_digest: str
    partitions: int
    control: ControlData | None
    states: dict[str, bytes]


class StoredStates:
    """All partitions of one deployment."""

    def __init__(self, url: str, app_id: str) -> None:
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=_ANSWER_WITHIN_S, retry=Retry(NoBackoff(), 0), protocol=2
        )
        self._app_id = app_id

    def __enter__(self) -> "StoredStates":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def read(self, partition: int) -> Snapshot | None:
        """A partition as it is now, None if no worker ever had it. Raises Transient when Redis does not answer.

        Keys are never removed, so once a look finds no key that the one before did not know, it has seen all of them.
        """
        known: list[bytes] = []
        try:
            for _ in range(_MOST_LOOKS):
                found = self._client.eval(_READ, 1 + len(known), self.meta_key(partition), *known)
                keys = self.keys(partition)
                if set(keys) <= set(known):
                    return _snapshot(found[0], zip(known, found[1:], strict=True), len(self.prefix(partition)))
                known = sorted({*known, *keys})
        except (RedisError, OSError) as error:
            raise Transient(f"Redis does not answer as it should, see that it runs: {error}") from error
        raise Transient(f"new users come to partition {partition} faster than it can be read: try again")

    def keys(self, partition: int) -> list[bytes]:
        """The keys of all its users."""
        pattern = self.prefix(partition).decode().replace("{", "[{]") + "*"
        return sorted(set(self._client.scan_iter(pattern, count=_SCAN_AT_ONCE)))

    def meta_key(self, partition: int) -> bytes:
        """Where position and owner stand."""
        return f"{{{self._app_id}.{partition}}}:m".encode()

    def prefix(self, partition: int) -> bytes:
        """What a user's key begins with."""
        return f"{{{self._app_id}.{partition}}}:u:".encode()


def _snapshot(meta: list[bytes | None], states: Iterator[tuple[bytes, bytes | None]], skip: int) -> Snapshot | None:
    position, anchor, digest, partitions, control = meta
    if position is None or digest is None or partitions is None:
        return None
    return Snapshot(
        position=int(position),
        anchor=int(anchor) if anchor else None,
        state_digest=digest.decode(),
        partitions=int(partitions),
        control=msgspec.json.decode(control, type=ControlData) if control else None,
        states={key[skip:].decode(): value for key, value in states if value is not None},
    )
