"""States and position of one partition, as Redis keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from schemas.errors import Transient
from stream_app.partition.effects import Claim, Commit, Meta


@dataclass
class StateTable:
    """What is kept of one partition. `meta` is None until the first claim."""

    states: dict[str, bytes] = field(default_factory=dict)
    meta: Meta | None = None
    owner: bytes | None = None
    connections: set["MemoryStates"] = field(default_factory=set)

    def cut_connections(self) -> None:
        """Break every connection; what was asked on one before has been done, nothing asked after it will be."""
        self.connections.clear()


class MemoryStates:
    """One connection to a table, which never comes back once it is gone."""

    def __init__(self, table: StateTable) -> None:
        self._table = table

    async def claim(self, claim: Claim) -> Meta:
        """Connect and take the partition over."""
        self._table.connections.add(self)
        self._table.owner = claim.token
        if self._table.meta is None:
            self._table.meta = Meta(0, None, claim.state_digest, claim.partitions, None)
        return self._table.meta

    async def check(self, token: bytes, position: int) -> bool:
        """Whether owner and position are these."""
        self._demand_connection()
        return self._holds(token, position) is not None

    async def load(self, users: Sequence[str]) -> Sequence[bytes | None]:
        """The stored states, None where there is none."""
        self._demand_connection()
        return [self._table.states.get(user) for user in users]

    async def commit(self, commit: Commit) -> bool:
        """States, position, anchor and control in one step, if owner and position are as expected."""
        self._demand_connection()
        meta = self._holds(commit.token, commit.expected)
        if meta is None:
            return False
        self._table.states.update(zip(commit.users, commit.states, strict=True))
        self._table.meta = replace(meta, position=commit.position, anchor=commit.anchor, control=commit.control)
        return True

    async def close(self) -> None:
        """Drop the connection."""
        self._table.connections.discard(self)

    def _demand_connection(self) -> None:
        if self not in self._table.connections:
            raise Transient("the connection to the states is gone")

    def _holds(self, token: bytes, position: int) -> Meta | None:
        """What is kept, if owner and position are these."""
        meta = self._table.meta
        return meta if meta and (self._table.owner, meta.position) == (token, position) else None
