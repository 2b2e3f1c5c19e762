"""One pass over a log, from which all that training and judging need is kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from schemas.events import ModelRef
from stream_app.core.columns import raised_by
from stream_app.core.durations import DAY_MS
from stream_app.core.engine import Engine
from stream_app.core.features.fold import APPLIED
from stream_app.core.features.plan import Compiled
from stream_app.core.log import LogRecord
from stream_app.core.replay import Replay, Step
from stream_app.core.scoring import Scorer
from stream_app.core.tables import Integers
from training.dataset.labels import NEVER, TimeSplit, label, split_time
from training.dataset.snapshots import Midnights, Snapshots, drawn, joined, standing, updates
from training.dataset.splits import Part

MONTH_MS = 30 * DAY_MS
SNAPSHOT_PROBABILITY = 0.1


@dataclass(frozen=True)
class Survey:
    """What a log holds for training.

    `names`, `part` and `churn_ms` (NEVER: not in the log) are per user; `groups` are those of the report, by what they
    are called, and say of each user whether they are in it. Of all users, `snapshots` are updates that were drawn and
    `daily` the midnights at which they were live. `month` holds every update of the validation users' first months,
    `lives` every update of the test users. `dead` counts the lines that could not be used.
    """

    start_ms: int
    end_ms: int
    horizon_ms: int
    names: tuple[str, ...]
    part: NDArray[np.int8]
    churn_ms: Integers
    groups: Mapping[str, NDArray[np.bool_]]
    snapshots: Snapshots
    daily: Snapshots
    month: Snapshots
    lives: Snapshots
    dead: int

    @property
    def days(self) -> int:
        """How many days the log spans, begun ones included."""
        return -(-(self.end_ms - self.start_ms) // DAY_MS)

    @property
    def time_split(self) -> TimeSplit:
        """The log's time and its cut."""
        return split_time(self.start_ms, self.end_ms, self.horizon_ms)

    def labels(self, rows: Snapshots) -> NDArray[np.int8]:
        """What came of the users of these rows."""
        return label(rows.as_of_ms, self.churn_ms[rows.user], self.horizon_ms, self.end_ms)

    def whole_months(self) -> Snapshots:
        """The validation users' first months that the log holds to their ends."""
        return self.month.where(self.month.first_ms + MONTH_MS <= self.end_ms)


def survey(
    compiled: Compiled,
    chunks: Iterable[Sequence[LogRecord]],
    part_of: Callable[[str], Part],
    seed: int,
    passed: Callable[[int], None],
) -> Survey:
    """Fold a log without a model in force and keep what training needs; `passed` is told of every chunk's length.

    `part_of` says which part a user belongs to, `seed` which updates are drawn. Raises ContractViolation when no line
    of the log is a user's event.
    """
    pass_over = _Pass(compiled, part_of, seed)
    for chunk in chunks:
        pass_over.take(chunk)
        passed(len(chunk))
    return pass_over.result()


class _Pass:
    def __init__(self, compiled: Compiled, part_of: Callable[[str], Part], seed: int) -> None:
        self.replay = Replay(Engine(compiled, _refuse, "events"))
        self._plan = compiled.plan
        self._workload = compiled.workload
        self._part_of = part_of
        self._seed = seed
        self._start_ms, self._end_ms, self._dead = NEVER, 0, 0
        self._midnights = Midnights()
        self._names: list[str] = []
        self._parts: list[Part] = []
        self._churn_ms: dict[int, int] = {}
        signals = {group.signal for group in compiled.workload.report_groups}
        self._group_sources = {signal: compiled.workload.signals[signal] for signal in signals}
        self._raised: dict[str, set[int]] = {signal: set() for signal in signals}
        self._snapshots: list[Snapshots] = []
        self._daily: list[Snapshots] = []
        self._months: list[Snapshots] = []
        self._lives: list[Snapshots] = []

    def take(self, chunk: Sequence[LogRecord]) -> None:
        for midnights, piece in self._midnights.cut(chunk):
            self._note_standing(midnights)
            for step in self.replay.apply(piece):
                self._note(step)

    def _note_standing(self, midnights: range) -> None:
        for midnight in midnights:
            rows = standing(self.replay.records[: len(self._names)], midnight, self._plan)
            if not len(rows):
                return
            self._daily.append(rows)

    def _note(self, step: Step) -> None:
        self._dead += len(step.intake.dead)
        if not step.intake.events:
            return
        self._meet_new_users()
        self._note_events(step)
        rows = updates(step, self.replay.users)
        part = np.array(self._parts, np.int8)[rows.user]
        self._snapshots.append(drawn(rows, self._names, self._seed, SNAPSHOT_PROBABILITY))
        self._months.append(rows.where((part == Part.VALIDATION) & (rows.as_of_ms <= rows.first_ms + MONTH_MS)))
        self._lives.append(rows.where(part == Part.TEST))

    def _meet_new_users(self) -> None:
        new = list(islice(self.replay.users, len(self._names), None))
        self._names += new
        self._parts += [self._part_of(name) for name in new]

    def _note_events(self, step: Step) -> None:
        events, applied = step.intake.events, step.advance.folded.outcome == APPLIED
        self._start_ms = min(self._start_ms, int(events.times_ms.min()))
        self._end_ms = max(self._end_ms, int(events.times_ms.max()))
        users = np.array([self.replay.users[name] for name in events.names], np.int64)[events.user]
        for signal, sources in self._group_sources.items():
            self._raised[signal].update(users[applied & raised_by(events, sources)].tolist())
        churned = applied & raised_by(events, (self._workload.label,))
        for user, time_ms in zip(users[churned].tolist(), events.times_ms[churned].tolist(), strict=True):
            self._churn_ms[user] = min(time_ms, self._churn_ms.get(user, NEVER))

    def result(self) -> Survey:
        if not self._names:
            raise ContractViolation(
                f"none of the {self._dead} lines is a user's event: give a file of canonical events"
            )
        users = range(len(self._names))
        empty = self._snapshots[0].where(np.zeros(0, np.int64))
        return Survey(
            start_ms=self._start_ms,
            end_ms=self._end_ms,
            horizon_ms=self._workload.horizon_days * DAY_MS,
            names=tuple(self._names),
            part=np.array(self._parts, np.int8),
            churn_ms=np.array([self._churn_ms.get(user, NEVER) for user in users], np.int64),
            groups=self._groups(),
            snapshots=joined(self._snapshots),
            daily=joined([empty, *self._daily]),
            month=joined(self._months),
            lives=joined(self._lives),
            dead=self._dead,
        )

    def _groups(self) -> dict[str, NDArray[np.bool_]]:
        found: dict[str, NDArray[np.bool_]] = {}
        for group in self._workload.report_groups:
            has = np.array([user in self._raised[group.signal] for user in range(len(self._names))], np.bool_)
            found |= {group.having: has, group.lacking: ~has}
        return found


def _refuse(reference: ModelRef) -> Scorer:
    raise ContractViolation(
        f"the log holds a control record (model {reference.name}/{reference.version}): train on events of users alone"
    )
