"""Folds a partition's log offline, from empty states, with the engine that the worker runs.

What it yields is what the worker computes, bit for bit, wherever the log is cut into batches.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.events import ControlData
from stream_app.core.blocks import Block
from stream_app.core.engine import Advance, Engine, InForce, Recorded
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import LogRecord
from stream_app.core.quantities import NOTHING_DECLARED, Declared

_NOTHING_RECORDED = Recorded({}, -1)


@dataclass(frozen=True)
class Step:
    """One run of records: how they were sorted out, and what the events among them came to."""

    intake: Intake
    advance: Advance


def runs(
    records: Sequence[LogRecord],
    partition: int,
    partitions: int,
    barred: Collection[int] = frozenset(),
    declared: Declared = NOTHING_DECLARED,
) -> Iterator[Intake]:
    """Records of a partition sorted out, in as many runs as their control records ask for.

    `barred` are the offsets that the live worker set aside as `bug`, `declared` the numbers and categories that are
    taken from events.
    """
    block = Block.of(records)
    while len(block):
        intake = take_in(block, partition, partitions, barred, declared)
        yield intake
        block = block.between(intake.end_offset, block.end)


class Replay:
    """One partition's states in memory. `users` maps each user to the index of its record in `records`."""

    def __init__(
        self, engine: Engine, partition: int = 0, partitions: int = 1, barred: Collection[int] = frozenset()
    ) -> None:
        self.engine = engine
        self.users: dict[str, int] = {}
        self.records = np.zeros(64, engine.compiled.record)
        self.in_force: InForce | None = None
        self._partition = partition
        self._partitions = partitions
        self._barred = barred

    def put_in_force(self, control: ControlData) -> None:
        """Act as if the log held this control record here."""
        self.in_force = self.engine.put_in_force(control)

    def load(self, users: Sequence[str], records: NDArray[np.void]) -> None:
        """Put states that were kept elsewhere in the place of these users' own."""
        for user in users:
            self.users.setdefault(user, len(self.users))
        self._make_room()
        self.records[[self.users[user] for user in users]] = records

    def apply(self, records: Sequence[LogRecord]) -> Iterator[Step]:
        """Apply records in offset order, in as many runs as their control records ask for."""
        declared = self.engine.compiled.declared
        return map(self.step, runs(records, self._partition, self._partitions, self._barred, declared))

    def step(self, intake: Intake) -> Step:
        """Apply one run that has been sorted out."""
        if intake.control is not None:
            self.put_in_force(intake.control)
        return Step(intake, self._advance(intake))

    def _advance(self, intake: Intake) -> Advance:
        for user in intake.events.names:
            self.users.setdefault(user, len(self.users))
        self._make_room()
        places = np.array([self.users[user] for user in intake.events.names], np.int64)
        records = self.records[places]
        advance = self.engine.advance(records, intake.events, self.in_force, _NOTHING_RECORDED, self._partition)
        self.records[places] = records
        return advance

    def _make_room(self) -> None:
        if len(self.users) > len(self.records):
            grown = np.zeros(2 * len(self.users), self.records.dtype)
            grown[: len(self.records)] = self.records
            self.records = grown
