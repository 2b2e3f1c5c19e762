"""What a session asks of the world, one request at a time. Each names the reply that it gets."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar, cast

from schemas.alerts import Alert
from schemas.events import ControlData
from stream_app.core.blocks import Block
from stream_app.core.engine import Advance
from stream_app.core.intake.outcome import DeadLetter, Intake

Reply = TypeVar("Reply")


class Effect(Generic[Reply]):
    """A request whose answer is a `Reply`."""


Effects = Generator[Effect[Any], Any, Reply]
"""A piece of protocol: asks for effects, returns a value."""


def ask(effect: Effect[Reply]) -> Effects[Reply]:
    """Yield one effect and give its reply the right type."""
    return cast("Reply", (yield effect))


class Anchor(NamedTuple):
    """The record that was applied last, by which a log is known again: where it stands, and the hash of its value."""

    offset: int
    hashed: int


@dataclass(frozen=True)
class Meta:
    """What is stored beside the states of a partition.

    `position` is the next offset to apply; `anchor` the last record before it, None if there is none; `state_digest`
    and `partitions` say what the states were made with; `control` is in force.
    """

    position: int
    anchor: Anchor | None
    state_digest: str
    partitions: int
    control: ControlData | None

    @property
    def anchor_offset(self) -> int | None:
        """Where the anchor stands."""
        return self.anchor.offset if self.anchor else None


@dataclass(frozen=True)
class LogBounds:
    """The log of a partition runs from `begin` up to, not including, `end`.

    Of the offset that was asked about: `hashed` is the hash of the record there, None if there is none; `nothing`
    whether it holds none by right.
    """

    begin: int
    end: int
    hashed: int | None
    nothing: bool = False


@dataclass(frozen=True)
class Claim(Effect[Meta]):
    """Become the owner; a partition without states begins at 0 with this digest and number of partitions."""

    token: bytes
    state_digest: str
    partitions: int


@dataclass(frozen=True)
class Decisions:
    """What was decided before, as it stands in the topics.

    `front` is the highest offset that an alert was ever published on; `rejected` the reasons of dead letters by
    offset, from the breaker's window before the position on; `rejected_front` the highest offset ever rejected. Of
    none they are -1.
    """

    front: int
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
    """How far alerts were published, and what was rejected at or after `rejected_from`; alerts on offsets at or after
    the position can be read from then on."""

    position: int
    rejected_from: int


@dataclass(frozen=True)
class ReadAlerts(Effect[Sequence[Alert]]):
    """The alerts that were published on offsets before this one, in order, each once: read beside the replay."""

    before: int


@dataclass(frozen=True)
class InspectLog(Effect[LogBounds]):
    """The bounds of the event log, and what stands at an offset, if any is asked about."""

    offset: int | None


@dataclass(frozen=True)
class Seek(Effect[None]):
    """Deliver from this offset on; what was fetched before is dropped."""

    position: int


@dataclass(frozen=True)
class Receive(Effect[Block]):
    """What comes next in the log; a block without an offset if nothing does for a while."""


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
    anchor: Anchor | None
    control: ControlData | None
    users: Sequence[str]
    states: Sequence[bytes]


@dataclass(frozen=True)
class Report(Effect[None]):
    """Tell whoever watches that a batch was committed: the offsets from `begin` up to, not including, `position`, of
    which so many hold nothing by right."""

    intake: Intake
    advance: Advance
    begin: int
    position: int
    nothing: int
