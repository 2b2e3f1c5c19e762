"""Where the tests keep states: in Redis and in memory, both with connections that can be cut."""

from typing import Any, Protocol

import redis

from schemas.events import ControlData, ModelRef, Policy
from stream_app.adapters.memory.states import MemoryStates, StateTable
from stream_app.adapters.redis.states import RedisStates
from stream_app.deployment import Deployment as Kept
from stream_app.partition.effects import Anchor, Claim, Commit
from stream_app.partition.ports import StateStore

DIGEST = "0123456789abcdef"
CONTROL = ControlData(
    model=ModelRef(name="music", version="1", sha256="a" * 64),
    policy=Policy(name="strict", version=3, enter=0.5, leave=0.25, critical=0.75, cooldown_s=60),
)
A_STATE = bytes(range(256))
ANCHOR = Anchor(1, 77)


class Deployment(Protocol):
    """Partitions with states, and a way to lose the connections to them."""

    def store(self, partition: int = 0) -> StateStore:
        """A store for one session."""

    def cut_connections(self) -> None:
        """Break the connections of all stores."""


class InMemory:
    def __init__(self) -> None:
        self._tables = [StateTable(), StateTable()]

    def store(self, partition: int = 0) -> StateStore:
        return MemoryStates(self._tables[partition])

    def cut_connections(self) -> None:
        for table in self._tables:
            table.cut_connections()


class InRedis:
    def __init__(self, at: Kept) -> None:
        self.at, self.app_id = at, at.app_id
        self.client: Any = redis.Redis.from_url(at.redis.url)
        self._others = self._connections()

    def store(self, partition: int = 0) -> StateStore:
        return RedisStates(self.at, partition)

    def cut_connections(self) -> None:
        for connection in self._connections() - self._others:
            self.client.execute_command("CLIENT", "KILL", "ID", connection)

    def remove(self) -> None:
        for key in self.client.scan_iter(f"*{{{self.app_id}.*"):
            self.client.delete(key)
        self.client.close()

    def _connections(self) -> set[int]:
        return {int(client["id"]) for client in self.client.client_list()}


def claim(token: bytes, digest: str = DIGEST, partitions: int = 8) -> Claim:
    return Claim(token, digest, partitions)


def commit(token: bytes, expected: int, position: int, states: dict[str, bytes] | None = None) -> Commit:
    states = states or {}
    return Commit(token, expected, position, ANCHOR, CONTROL, list(states), list(states.values()))
