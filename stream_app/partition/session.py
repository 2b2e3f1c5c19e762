"""One partition, owned from claim to the first doubt, as a generator of effects: no I/O, no clock, no randomness.

    claim → open alert log → check → read decisions → inspect log → seek → batches

A batch: receive → load states → fold, score, decide → dead letters → alerts → commit → report.

Alerts are published before the states that remember them are committed; after a crash they are read back, not decided
again. Nothing is retried here: any doubt raises, the session ends, and the next one reads the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.errors import ContractViolation, Transient
from stream_app.core.codec import pack, unpack
from stream_app.core.columns import users_of
from stream_app.core.engine import Advance, Engine, InForce, Recorded
from stream_app.core.hashing import anchor
from stream_app.core.intake import Intake, take_in
from stream_app.core.log import LogRecord
from stream_app.partition.effects import (
    Check,
    Claim,
    Commit,
    Effects,
    InspectLog,
    LoadStates,
    LogBounds,
    Meta,
    OpenAlertLog,
    PublishAlerts,
    PublishDeadLetters,
    ReadDecisions,
    Receive,
    Report,
    Seek,
    ask,
)

MAX_BATCH = 4000
"""Events of a batch at most: bounds the time that one commit holds up Redis."""
_MOST_SEEKS = 5
"""Records fetched before a seek may still arrive after it; so many times they are dropped."""


@dataclass
class _Owned:
    """What a session knows to be true of its partition."""

    position: int
    in_force: InForce | None
    recorded: Recorded


@dataclass(frozen=True)
class Session:
    """The protocol for one partition of `partitions`, under a token that no other session has."""

    engine: Engine
    partition: int
    partitions: int
    token: bytes

    def run(self) -> Effects[None]:
        """Open the partition and apply batches until something raises or the generator is closed."""
        owned = yield from self._open()
        pending: Sequence[LogRecord] = []
        while True:
            if not pending:
                pending = yield from self._next_records(owned.position)
            taken = yield from self._batch(owned, pending[:MAX_BATCH])
            pending = pending[taken:]

    def _open(self) -> Effects[_Owned]:
        digest = self.engine.compiled.state_digest
        meta = yield from ask(Claim(self.token, digest, self.partitions))
        self._refuse_foreign(meta)
        yield from ask(OpenAlertLog())
        yield from self._check(meta.position)
        recorded = yield from ask(ReadDecisions(meta.position))
        bounds = yield from ask(InspectLog(meta.position))
        self._refuse_other_log(meta, bounds)
        in_force = self.engine.put_in_force(meta.control) if meta.control else None
        yield from ask(Seek(meta.position))
        return _Owned(meta.position, in_force, recorded)

    def _refuse_foreign(self, meta: Meta) -> None:
        if meta.partitions != self.partitions:
            raise ContractViolation(
                f"partition {self.partition} was kept with {meta.partitions} partitions, the topic now has "
                f"{self.partitions}: users would lose their state; go back, or replay into a new app id",
                state="other_partitions",
            )
        if meta.state_digest != self.engine.compiled.state_digest:
            raise ContractViolation(
                f"the states of partition {self.partition} were made by another layout ({meta.state_digest}, here "
                f"{self.engine.compiled.state_digest}): rebuild them by replay into a new app id",
                state="foreign_state",
            )

    def _refuse_other_log(self, meta: Meta, bounds: LogBounds) -> None:
        if not bounds.begin <= meta.position <= bounds.end:
            raise ContractViolation(
                f"the position {meta.position} of partition {self.partition} lies outside its log "
                f"({bounds.begin} to {bounds.end}): restore the topic, or replay into a new app id",
                state="position_outside_log",
            )
        if meta.position > bounds.begin and bounds.anchor != meta.anchor:
            raise ContractViolation(
                f"the record before position {meta.position} of partition {self.partition} is not the one that was "
                "applied: the topic was recreated; restore it, or replay into a new app id",
                state="rewritten_log",
            )

    def _check(self, position: int) -> Effects[None]:
        if not (yield from ask(Check(self.token, position))):
            raise Transient(f"partition {self.partition} was taken over by another session")

    def _advance(
        self, owned: _Owned, intake: Intake, slots: dict[str, int], stored: Sequence[bytes | None]
    ) -> tuple[Advance, list[bytes]]:
        """Stored states to stored states. The records between are gone before anything is waited for: so one batch of
        them is held, not one a partition."""
        records = unpack(stored, self.engine.compiled.record)
        advance = self.engine.advance(records, slots, intake.events, owned.in_force, owned.recorded, self.partition)
        return advance, pack(records)

    def _next_records(self, position: int) -> Effects[Sequence[LogRecord]]:
        """Records from the position on, without a hole. An idle session keeps checking that it is the owner."""
        seeks = 0
        while True:
            records = yield from ask(Receive())
            if not records:
                yield from self._check(position)
                continue
            contiguous = _contiguous(records, position)
            end = position + len(contiguous)
            if records[-1].offset >= end:
                seeks += 1
                if seeks > _MOST_SEEKS:
                    raise Transient(f"partition {self.partition} has no record at {end}, only after it")
                yield from ask(Seek(end))
            if contiguous:
                return contiguous

    def _batch(self, owned: _Owned, records: Sequence[LogRecord]) -> Effects[int]:
        """Apply one batch; how many records it took."""
        intake = take_in(records, self.partition, self.partitions)
        if intake.control is not None:
            owned.in_force = self.engine.put_in_force(intake.control)
        slots = users_of(intake.events)
        users = list(slots)
        stored = (yield from ask(LoadStates(users))) if users else []
        try:
            advance, states = self._advance(owned, intake, slots, stored)
        except ContractViolation:
            yield from self._check(owned.position)  # states of a later owner look as if the log were rewritten
            raise
        taken = intake.end_offset - owned.position
        if intake.dead:
            yield from ask(PublishDeadLetters(intake.dead))
        if advance.alerts:
            yield from ask(PublishAlerts(advance.alerts))
        commit = Commit(
            token=self.token,
            expected=owned.position,
            position=intake.end_offset,
            anchor=anchor(records[taken - 1].value),
            control=owned.in_force.control if owned.in_force else None,
            users=users,
            states=states,
        )
        if not (yield from ask(commit)):
            raise Transient(f"the commit of partition {self.partition} was refused: another session owns it")
        owned.position = intake.end_offset
        owned.recorded = _still_ahead(owned, advance.alerts[-1].data.front if advance.alerts else -1)
        yield from ask(Report(intake, advance, owned.position))
        return taken


def _still_ahead(owned: _Owned, front: int) -> Recorded:
    """Recorded decisions that replay has yet to reach, and the front after a batch."""
    ahead = {offset: alert for offset, alert in owned.recorded.alerts.items() if offset >= owned.position}
    return Recorded(ahead, max(owned.recorded.front, front))


def _contiguous(records: Sequence[LogRecord], position: int) -> Sequence[LogRecord]:
    """The records from the position up to the first hole; offsets rise, so as many as they span have none."""
    if records[-1].offset - records[0].offset == len(records) - 1 and records[0].offset <= position:
        return records[position - records[0].offset :]
    first = next((i for i, record in enumerate(records) if record.offset >= position), len(records))
    end = first
    while end < len(records) and records[end].offset == position + end - first:
        end += 1
    return records[first:end]
