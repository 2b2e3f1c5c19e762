"""What a session's effects are carried out by. Each port has a real form and an in-memory twin in `adapters`.

All of them raise Transient for anything that is not a definite answer, and never retry.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.alerts import Alert
from schemas.events import ControlData
from stream_app.core.blocks import Block
from stream_app.core.engine import Advance, InForce, Recorded
from stream_app.core.intake.outcome import DeadLetter, Intake
from stream_app.partition.effects import Claim, Commit, Decisions, LogBounds, Meta, Report


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


class DecisionLog(Protocol):
    """Alerts and dead letters of one partition, with one publisher at a time."""

    async def open(self) -> None:
        """Fence the publisher before and end its open transaction."""

    async def read_back(self, position: int, rejected_from: int) -> Decisions:
        """What was decided before on offsets from these on; alerts are read from the position on."""

    async def read_alerts(self, before: int) -> Sequence[Alert]:
        """The next alerts that had been published when it was read back, on offsets before this one."""

    async def publish_alerts(self, alerts: Sequence[Alert]) -> None:
        """In transactions of one produce batch, committed."""

    async def publish_dead_letters(self, letters: Sequence[DeadLetter], front: int, session: str) -> None:
        """In transactions of one produce batch, committed."""

    async def close(self) -> None:
        """Give the producer up; an open transaction is left to the next session."""


class EventLog(Protocol):
    """The partition's own log, looked at from the side."""

    async def inspect(self, offset: int | None) -> LogBounds:
        """Bounds, and what stands at an offset."""


class Feed(Protocol):
    """The records as they are delivered."""

    async def seek(self, position: int) -> None:
        """Deliver from there on and drop what was fetched before."""

    async def receive(self) -> Block:
        """What comes next in the log, no offset after a second of silence."""


class Fold(Protocol):
    """What a session computes with: pure, and the same in every replay. No port: it never waits."""

    @property
    def state_digest(self) -> str:
        """What the states are made with."""

    def put_in_force(self, control: ControlData) -> InForce:
        """The model and policy of a control record. Raises ContractViolation when they do not fit."""

    def take_in(self, records: Block, barred: Collection[int]) -> Intake:
        """Sort out a run of records, as core.intake.take_in does."""

    def users(self, intake: Intake) -> list[str]:
        """The users of a run, in the order in which their states are stored."""

    def advance(
        self, intake: Intake, stored: Sequence[bytes | None], in_force: InForce | None, recorded: Recorded
    ) -> tuple[Advance, list[bytes]]:
        """Stored states to stored states, and what was decided on the way."""


class Watcher(Protocol):
    """Whoever counts, traces and shows."""

    def committed(self, partition: int, report: Report, /) -> None:
        """A batch was committed."""


@dataclass(frozen=True)
class Ports:
    """All that one session needs."""

    states: StateStore
    decisions: DecisionLog
    log: EventLog
    feed: Feed
    watcher: Watcher
