"""What a session asks of the world, one request at a time. Each names the reply that it gets."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from schemas.alerts import Alert
from schemas.events import ControlData
from stream_app.core.engine import Advance, Recorded
from stream_app.core.intake.outcome import DeadLetter, Intake
from stream_app.core.log import LogRecord

Reply = TypeVar("Reply")


class Effect(Generic[Reply]):
    """A request whose answer is a `Reply`."""


Effects = Generator[Effect[Any], Any, Reply]
"""A piece of protocol: asks for effects, returns a value."""


def ask(effect: Effect[Reply]) -> Effects[Reply]:
    """Yield one effect and give its reply the right type."""
    return cast("Reply", (yield effect))


@dataclass(frozen=True)
class Meta:
    """What is stored beside the states of a partition.

    `position` is the next offset to apply; `anchor` the hash of the record before it; `state_digest` and `partitions`
    say what the states were made with; `control` is in force.
    """

    position: int
    anchor: int | None
    state_digest: str
    partitions: int
    control: ControlData | None


@dataclass(frozen=True)
class LogBounds:
    """The log of a partition runs from `begin` up to, not including, `end`. `anchor` hashes the record asked about."""

    begin: int
    end: int
    anchor: int | None


@dataclass(frozen=True)
class Claim(Effect[Meta]):
    """Become the owner; a partition without states begins at 0 with this digest and number of partitions."""

    token: bytes
    state_digest: str
    partitions: int


@dataclass(frozen=True)
class Decisions:
    """What was decided before, as it stands in the topics.

    `recorded` are alerts with a source at or after the position; `rejected` the reasons of dead letters by offset, from
    the breaker's window before the position on; `rejected_front` is the highest offset ever rejected, -1 for none.
    """

    recorded: Recorded
    rejected: Mapping[int, str]
    rejected_front: int


@dataclass(frozen=True)
class OpenDecisionLog(Effect[None]):
    """Become the only publisher of the partition's decisions: fences the one before, ends its open transaction."""


@dataclass(frozen=True)
class Check(Effect[bool]):
    """Whether this session still is the owner and the position still is what it thinks."""

    token: bytes
    position: int


@dataclass(frozen=True)
class ReadDecisions(Effect[Decisions]):
    """What was decided on offsets at or after the position, and rejected at or after `rejected_from`."""

    position: int
    rejected_from: int


@dataclass(frozen=True)
class InspectLog(Effect[LogBounds]):
    """The bounds of the event log, and the anchor of the record before the position."""

    position: int


@dataclass(frozen=True)
class Seek(Effect[None]):
    """Deliver from this offset on; what was fetched before is dropped."""

    position: int


@dataclass(frozen=True)
class Receive(Effect[Sequence[LogRecord]]):
    """The next records in offset order; none if there are none for a while."""


@dataclass(frozen=True)
class LoadStates(Effect[Sequence[bytes | None]]):
    """The stored state of each user."""

    users: Sequence[str]


@dataclass(frozen=True)
class PublishDeadLetters(Effect[None]):
    """Write dead letters in one transaction; replied to when it is committed. `front` is the highest offset before."""

    letters: Sequence[DeadLetter]
    front: int


@dataclass(frozen=True)
class PublishAlerts(Effect[None]):
    """Write alerts in one transaction; replied to when it is committed."""

    alerts: Sequence[Alert]


@dataclass(frozen=True)
class Commit(Effect[bool]):
    """Replace states and position in one step if owner and position are as expected; False: nothing was done."""

    token: bytes
    expected: int
    position: int
    anchor: int
    control: ControlData | None
    users: Sequence[str]
    states: Sequence[bytes]


@dataclass(frozen=True)
class Report(Effect[None]):
    """Tell whoever watches that a batch was committed: the records from `begin` up to, not including, `position`."""

    intake: Intake
    advance: Advance
    begin: int
    position: int
