"""What a run of log records comes to at the intake: admitted events, dead letters, what comes into force."""

from dataclasses import dataclass, field

from schemas.dead_letters import RejectionReason
from schemas.errors import Poison
from schemas.events import ControlData
from stream_app.core.intake.events import Events
from stream_app.core.log import LogRecord


@dataclass(frozen=True)
class DeadLetter:
    """A record that can never be applied, and why; `error` is the class of what was raised."""

    record: LogRecord
    reason: RejectionReason
    message: str
    error: str = Poison.__name__


@dataclass
class Intake:
    """A run of records, sorted out. `control` is what comes into force before its first event, if anything does."""

    end_offset: int
    control: ControlData | None = None
    events: Events = field(default_factory=Events)
    dead: list[DeadLetter] = field(default_factory=list)
    controls: int = 0
    clocks: int = 0

    @property
    def undeclared(self) -> int:
        """How many of the events carry a measure that the workload does not declare."""
        return int(self.events.undeclared.sum())
