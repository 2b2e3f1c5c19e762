"""What a session's effects are carried out by. Each port has a real form and an in-memory twin in `adapters`.

All of them raise Transient for anything that is not a definite answer, and never retry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.alerts import Alert
from stream_app.core.engine import Recorded
from stream_app.core.intake import DeadLetter
from stream_app.core.log import LogRecord
from stream_app.partition.effects import Claim, Commit, LogBounds, Meta, Report


class StateStore(Protocol):
    """States and position of one partition."""

    async def claim(self, claim: Claim) -> Meta:
        """Take the partition over; fences every earlier owner."""

    async def check(self, token: bytes, position: int) -> bool:
        """Whether owner and position are these."""

    async def load(self, users: Sequence[str]) -> Sequence[bytes | None]:
        """The stored states."""

    async def commit(self, commit: Commit) -> bool:
        """States and position in one step, or nothing."""

    async def close(self) -> None:
        """Give the connection up."""


class AlertLog(Protocol):
    """The alerts of one partition: the log of decisions."""

    async def open(self) -> None:
        """Fence the publisher before and end its open transaction."""

    async def read_back(self, position: int) -> Recorded:
        """Decisions on offsets at or after the position, and the front."""

    async def publish(self, alerts: Sequence[Alert]) -> None:
        """One transaction, committed."""

    async def close(self) -> None:
        """Give the producer up; an open transaction is left to the next session."""


class DeadLetterLog(Protocol):
    """Where poison goes."""

    async def publish(self, letters: Sequence[DeadLetter], partition: int, session: str) -> None:
        """Written and acknowledged."""


class EventLog(Protocol):
    """The partition's own log, looked at from the side."""

    async def inspect(self, position: int) -> LogBounds:
        """Bounds, and the anchor of the record before the position."""


class Feed(Protocol):
    """The records as they are delivered."""

    async def seek(self, position: int) -> None:
        """Deliver from there on and drop what was fetched before."""

    async def receive(self) -> Sequence[LogRecord]:
        """The next records, none after a second of silence."""


class Watcher(Protocol):
    """Whoever counts, traces and shows."""

    def committed(self, partition: int, report: Report, /) -> None:
        """A batch was committed."""


@dataclass(frozen=True)
class Ports:
    """All that one session needs."""

    states: StateStore
    alerts: AlertLog
    dead_letters: DeadLetterLog
    log: EventLog
    feed: Feed
    watcher: Watcher
