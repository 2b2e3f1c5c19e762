"""Folds a log from its beginning under several models and policies at once, and keeps what each of them decided."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from backtest.parity import Parity, compare
from backtest.period import Period
from backtest.usefulness import Audience
from backtest.variants import Variant
from schemas.alerts import Alert
from schemas.dead_letters import RejectionReason
from schemas.events import ControlData
from stream_app.core.columns import to_columns
from stream_app.core.engine import Advance, Engine
from stream_app.core.intake.events import Events
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import LogRecord
from stream_app.core.replay import Replay, Step, runs
from stream_app.core.trace import TRACE


class Rerun(Replay):
    """One partition as it would have gone with a variant. States hold the policy's too, so each has its own."""

    def __init__(self, engine: Engine, variant: Variant, partition: int, partitions: int) -> None:
        super().__init__(engine, partition, partitions)
        self._variant = variant

    def put_in_force(self, control: ControlData) -> None:
        """Act on a control record as the variant does."""
        self.in_force = self._variant.in_force(self.engine, control)


@dataclass
class VariantOutcome:
    """What a variant came to within the period: events scored, alerts in the order in which partitions were folded."""

    variant: Variant
    scored: int = 0
    alerts: list[Alert] = field(default_factory=list)


class Backtest:
    """A log under several variants. Only what happened within the period is counted; all of the log is folded.

    `known` says whether any counted event says something that the workload knows.

    `published` are the alerts that were given live. `start`, if given, is in force from the beginning of each partition
    on, for logs that hold no control records.
    """

    def __init__(
        self,
        engine: Engine,
        variants: Iterable[Variant],
        period: Period,
        published: Collection[Alert] = (),
        start: ControlData | None = None,
    ) -> None:
        self.outcomes = [VariantOutcome(variant) for variant in variants]
        self.audience = Audience(engine.compiled.workload.churn)
        self.events = 0
        self.known = False
        self.dead = 0
        self.first_dead: dict[RejectionReason, DeadLetter] = {}
        self._engine, self._period, self._start = engine, period, start
        self._published = published
        self._published_at: dict[int, set[int]] = defaultdict(set)
        for alert in published:
            self._published_at[alert.data.src.partition].add(alert.data.src.offset)
        self._outside: set[tuple[int, int]] = set()

    def fold(
        self,
        partition: int,
        partitions: int,
        chunks: Iterable[Sequence[LogRecord]],
        barred: Collection[int] = frozenset(),
    ) -> None:
        """Fold one partition, from its first record on; it is sorted out once and folded once for each variant.

        `barred` are the offsets that the live worker set aside as `bug`.
        """
        reruns = [Rerun(self._engine, outcome.variant, partition, partitions) for outcome in self.outcomes]
        for rerun in reruns:
            if self._start is not None:
                rerun.put_in_force(self._start)
        for chunk in chunks:
            for intake in runs(chunk, partition, partitions, barred, self._engine.compiled.declared):
                self._note(partition, [rerun.step(intake) for rerun in reruns])

    def difference(self, outcome: VariantOutcome) -> Parity:
        """How the live alerts within the period differ from those of an outcome."""
        given = [alert for alert in self._published if _position(alert) not in self._outside]
        nothing = np.zeros(0, TRACE)
        return compare(nothing, given, nothing, outcome.alerts)

    def _note(self, partition: int, steps: Sequence[Step]) -> None:
        intake = steps[0].intake
        inside = self._period.holds(intake.events)
        counted = intake.events.where(inside)
        self.dead += len(intake.dead)
        for letter in intake.dead:
            self.first_dead.setdefault(letter.reason, letter)
        self.events += len(counted)
        self.known = self.known or bool(to_columns(counted, self._engine.compiled.patterns).pattern.any())
        self.audience.see(counted)
        if not inside.all():
            self._leave_out(partition, intake.events.where(~inside))
        counted_offsets = _offsets(counted)
        for outcome, step in zip(self.outcomes, steps, strict=True):
            outcome.scored += int(inside[step.advance.scored].sum())
            outcome.alerts += _within(step.advance, counted_offsets)

    def _leave_out(self, partition: int, events: Events) -> None:
        for offset in self._published_at[partition] & _offsets(events):
            self._outside.add((partition, offset))


def _offsets(events: Events) -> set[int]:
    return set(events.offsets.tolist())


def _within(advance: Advance, offsets: set[int]) -> list[Alert]:
    return [alert for alert in advance.alerts if alert.data.src.offset in offsets]


def _position(alert: Alert) -> tuple[int, int]:
    return alert.data.src.partition, alert.data.src.offset
