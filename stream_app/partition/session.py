"""One partition, owned from claim to the first doubt, as a generator of effects: no I/O, no clock, no randomness.

    claim → open decision log → check → read decisions → inspect log → seek → batches

A batch: receive → read alerts → load states → fold, score, decide → dead letters → alerts → commit → report.
Offsets that hold nothing by right, as markers of transactions and what was aborted, belong to the batch around them.

Decisions (alerts, and which records were rejected) are published before the states that remember them are committed;
after a crash they are read back, not taken again. Nothing is retried here: any doubt raises, the session ends, and the
next one reads the truth.
"""

from collections.abc import Container
from dataclasses import dataclass
from functools import partial

from schemas.errors import ChurnError, ContractViolation, FailedEvent, Transient
from schemas.events import ControlData
from stream_app.core.blocks import Block
from stream_app.core.engine import Advance, InForce, Recorded
from stream_app.core.hashing import anchor
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import set_aside
from stream_app.partition.breaker import NO_FAULT, WINDOW, Breaker
from stream_app.partition.effects import (
    Anchor,
    Check,
    Claim,
    Commit,
    Decisions,
    Effects,
    InspectLog,
    LoadStates,
    Meta,
    OpenDecisionLog,
    PublishAlerts,
    PublishDeadLetters,
    ReadAlerts,
    ReadDecisions,
    Report,
    Seek,
    ask,
)
from stream_app.partition.ports import Fold
from stream_app.partition.reading import read_on
from stream_app.partition.refusals import refuse_foreign, refuse_other_log

MAX_BATCH = 4000
"""Events of a batch at most: bounds the time that one commit holds up Redis."""
EVERY_OFFSET = range(1 << 62)
REJECTED_SHARE = 0.2
"""Of the latest 1,000 records, if a deployment does not choose otherwise."""


@dataclass
class _Owned:
    """What a session knows to be true of its partition. `recorded` are all alerts below `read_before`, if it holds
    any on what is still to be applied."""

    position: int
    anchor: Anchor | None
    in_force: InForce | None
    recorded: Recorded
    read_before: int
    letters: set[int]
    barred: set[int]
    rejected_front: int
    breaker: Breaker


@dataclass(frozen=True)
class _Run:
    """A run of records on its way to its commit. `passed` is what stands between the position and its end."""

    passed: Block
    intake: Intake
    in_force: InForce | None
    users: list[str]
    advance: Advance
    states: list[bytes]


@dataclass(frozen=True)
class Session:
    """The protocol for one partition of `partitions`, under a token that no other session has.

    `suspects` are the offsets of events that an earlier session has failed on: only those are set aside.
    """

    fold: Fold
    partition: int
    partitions: int
    token: bytes
    rejected_share: float = REJECTED_SHARE
    suspects: Container[int] = EVERY_OFFSET

    def run(self) -> Effects[None]:
        """Open the partition and apply batches until something raises or the generator is closed."""
        owned = yield from self._open()
        while True:
            pending = yield from self._next_block(owned)
            while owned.position < pending.end:
                yield from self._batch(owned, pending.between(owned.position, pending.end)[:MAX_BATCH])

    def _open(self) -> Effects[_Owned]:
        meta = yield from ask(Claim(self.token, self.fold.state_digest, self.partitions))
        refuse_foreign(meta, self.fold.state_digest, self.partition, self.partitions)
        yield from ask(OpenDecisionLog())
        yield from self._check(meta.position)
        decisions = yield from ask(ReadDecisions(meta.position, meta.position - WINDOW + 1))
        bounds = yield from ask(InspectLog(meta.anchor_offset))
        refuse_other_log(meta.position, meta.anchor, bounds, self.partition)
        in_force = self._put_in_force(meta.control) if meta.control else None
        yield from ask(Seek(meta.position))
        faults = (offset for offset, reason in decisions.rejected.items() if reason not in NO_FAULT)
        return _owned(meta, in_force, decisions, Breaker(self.rejected_share, faults))

    def _put_in_force(self, control: ControlData) -> InForce:
        """A control record is never set aside: with another model in force everything after it would be wrong."""
        try:
            return self.fold.put_in_force(control)
        except ChurnError:
            raise
        except (MemoryError, OSError) as error:
            raise _short(error) from error
        except Exception as error:
            raise ContractViolation(
                f"model {control.model.name}/{control.model.version} cannot be put in force on partition "
                f"{self.partition}: {error!r}; restore its artefact",
                state="wrong_model",
            ) from error

    def _check(self, position: int) -> Effects[None]:
        if not (yield from ask(Check(self.token, position))):
            raise Transient(f"partition {self.partition} was taken over by another session", "taken_over")

    def _next_block(self, owned: _Owned) -> Effects[Block]:
        """An idle session keeps checking that it is the owner."""
        check = partial(self._check, owned.position)
        return read_on(owned.position, owned.anchor, self.partition, check)

    def _batch(self, owned: _Owned, records: Block) -> Effects[None]:
        """Apply a batch, or as much of it as can be at once.

        If our own code fails on it, half of it is tried, down to one event: that one is set aside as `bug` if an
        earlier session failed on it too, and raises FailedEvent if not.
        """
        try:
            run = yield from self._computed(owned, records)
        except (ContractViolation, Transient):
            raise
        except (MemoryError, OSError) as error:
            raise _short(error) from error
        except Exception as error:  # noqa: BLE001 - any defect of fold, model or policy must cost one event only
            if len(records) > 1:
                return (yield from self._batch(owned, records[: len(records) // 2]))
            self._refuse_first_failure(int(records.offsets[0]), error)
            run = yield from self._without(owned, records, error)
        cut = self._cut(owned, run)
        if cut is not None:
            return (yield from self._batch(owned, records.between(owned.position, cut)))
        return (yield from self._conclude(owned, run))

    def _computed(self, owned: _Owned, records: Block) -> Effects[_Run]:
        yield from _read_alerts(owned, records.end)
        intake = self.fold.take_in(records, owned.barred) if records else Intake(end_offset=records.end)
        in_force = owned.in_force if intake.control is None else self._put_in_force(intake.control)
        users = self.fold.users(intake)
        stored = (yield from ask(LoadStates(users))) if users else []
        try:
            advance, states = self.fold.advance(intake, stored, in_force, owned.recorded)
        except ContractViolation:
            yield from self._check(owned.position)  # states of a later owner look as if the log were rewritten
            raise
        return _Run(_passed(records, intake), intake, in_force, users, advance, states)

    def _refuse_first_failure(self, offset: int, error: Exception) -> None:
        if offset not in self.suspects:
            raise FailedEvent(
                f"this version failed on offset {offset} of partition {self.partition} ({error!r}): it is tried once "
                "more after a pause before the event is set aside",
                offset,
            ) from error

    def _without(self, owned: _Owned, records: Block, error: Exception) -> Effects[_Run]:
        """The run of one event that our own code fails on. Raises if an alert rests on the event."""
        (record,) = records
        yield from self._check(owned.position)  # nor may states of a later owner pass for a defect
        if record.offset in owned.recorded.alerts:
            raise ContractViolation(
                f"an alert was published on offset {record.offset} of partition {self.partition}, and this worker "
                f"fails on it ({error!r}): run the version that published it, or a mended one",
                state="bug",
            ) from error
        intake = set_aside(record, f"{error!r}", type(error).__name__)
        advance, states = self.fold.advance(intake, [], owned.in_force, owned.recorded)
        return _Run(records, intake, owned.in_force, [], advance, states)

    def _cut(self, owned: _Owned, run: _Run) -> int | None:
        """Where a run must end because the next rejection would be one too many; raises if it is the first record."""
        faults = (letter.record.offset for letter in run.intake.dead if letter.reason not in NO_FAULT)
        cut = owned.breaker.first_too_many(faults)
        if cut == owned.position:
            (letter, *_) = run.intake.dead
            raise ContractViolation(
                f"more than {self.rejected_share:.0%} of the latest {WINDOW:,} records of partition {self.partition} "
                f"were rejected, the next at offset {cut} ({letter.reason}: {letter.message}): mend the producer or "
                "this version, then start the worker again; CHURN_REJECTED_SHARE lets more pass",
                state="too_many_rejected",
            )
        return cut

    def _conclude(self, owned: _Owned, run: _Run) -> Effects[None]:
        """Decisions first, then the states that remember them."""
        yield from self._publish(owned, run)
        yield from self._commit(owned, run)

    def _publish(self, owned: _Owned, run: _Run) -> Effects[None]:
        letters = [letter for letter in run.intake.dead if letter.record.offset not in owned.letters]
        if letters:
            yield from ask(PublishDeadLetters(letters, owned.rejected_front))
            owned.rejected_front = max(owned.rejected_front, letters[-1].record.offset)
        if run.advance.alerts:
            yield from ask(PublishAlerts(run.advance.alerts))

    def _commit(self, owned: _Owned, run: _Run) -> Effects[None]:
        begin, end = owned.position, run.passed.end
        commit = Commit(
            token=self.token,
            expected=begin,
            position=end,
            anchor=_anchor(run.passed) if run.passed else owned.anchor,
            control=run.in_force.control if run.in_force else None,
            users=run.users,
            states=run.states,
        )
        if not (yield from ask(commit)):
            raise Transient(
                f"the commit of partition {self.partition} was refused: another session owns it", "commit_refused"
            )
        owned.position, owned.anchor, owned.in_force = end, commit.anchor, run.in_force
        owned.recorded = _still_ahead(owned, run.advance.alerts[-1].data.front if run.advance.alerts else -1)
        yield from ask(Report(run.intake, run.advance, begin, end, sum(map(len, run.passed.nothing))))


def _read_alerts(owned: _Owned, end: int) -> Effects[None]:
    """Know what was published on offsets below the end."""
    if owned.read_before <= min(owned.recorded.front, end - 1):
        found = yield from ask(ReadAlerts(end))
        alerts = {**owned.recorded.alerts, **{alert.data.src.offset: alert for alert in found}}
        owned.recorded, owned.read_before = Recorded(alerts, owned.recorded.front), end


def _passed(records: Block, intake: Intake) -> Block:
    """What a run passes: up to a record that it ends before, or all, with what holds nothing behind the last one."""
    cut = bool(records) and intake.end_offset <= records.offsets[-1]
    return records.between(records.begin, intake.end_offset) if cut else records


def _anchor(records: Block) -> Anchor:
    return Anchor(int(records.offsets[-1]), anchor(records.value_at(len(records) - 1)))


def _short(error: Exception) -> Transient:
    return Transient(f"this machine is short of memory or files: {error!r}", "shortage")


def _owned(meta: Meta, in_force: InForce | None, decisions: Decisions, breaker: Breaker) -> _Owned:
    ahead = {offset: reason for offset, reason in decisions.rejected.items() if offset >= meta.position}
    barred = {offset for offset, reason in ahead.items() if reason == "bug"}
    return _Owned(
        position=meta.position,
        anchor=meta.anchor,
        in_force=in_force,
        recorded=Recorded({}, decisions.front),
        read_before=meta.position,
        letters=set(ahead),
        barred=barred,
        rejected_front=decisions.rejected_front,
        breaker=breaker,
    )


def _still_ahead(owned: _Owned, front: int) -> Recorded:
    """Recorded decisions that replay has yet to reach, and the front after a batch."""
    if not owned.recorded.alerts and front <= owned.recorded.front:
        return owned.recorded
    ahead = {offset: alert for offset, alert in owned.recorded.alerts.items() if offset >= owned.position}
    return Recorded(ahead, max(owned.recorded.front, front))
