"""The fold as a partition's session uses it: log records and stored bytes in, stored bytes and decisions out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from schemas.events import ControlData
from stream_app.core.engine import Advance, Engine, InForce, Recorded
from stream_app.core.features.codec import pack, unpack
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import LogRecord


@dataclass(frozen=True)
class PartitionFold:
    """An engine at work on one partition of so many."""

    engine: Engine
    partition: int
    partitions: int

    @property
    def state_digest(self) -> str:
        """What the states are made with."""
        return self.engine.compiled.state_digest

    def put_in_force(self, control: ControlData) -> InForce:
        """The model and policy of a control record. Raises ContractViolation when they do not fit this workload."""
        return self.engine.put_in_force(control)

    def take_in(self, records: Sequence[LogRecord], barred: Collection[int]) -> Intake:
        """Sort out a run of records."""
        return take_in(records, self.partition, self.partitions, barred, self.engine.compiled.declared)

    def users(self, intake: Intake) -> list[str]:
        """The users of a run, in the order in which their states are stored."""
        return list(intake.events.names)

    def advance(
        self, intake: Intake, stored: Sequence[bytes | None], in_force: InForce | None, recorded: Recorded
    ) -> tuple[Advance, list[bytes]]:
        """Stored states to stored states, and what was decided on the way.

        The records between are gone before anything is waited for: so one batch of them is held, not one a partition.
        """
        records = unpack(stored, self.engine.compiled.record)
        advance = self.engine.advance(records, intake.events, in_force, recorded, self.partition)
        return advance, pack(records)
