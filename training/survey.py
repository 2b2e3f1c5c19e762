"""One pass over a log, from which all that training needs is kept: snapshots, the churn, a month of every update."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from schemas.events import Activity, ModelRef
from stream_app.core.catalogue import DAY_MS
from stream_app.core.engine import Engine
from stream_app.core.fold import APPLIED, Integers
from stream_app.core.log import LogRecord
from stream_app.core.plan import Compiled
from stream_app.core.scoring import Scorer
from training.labels import NEVER, label
from training.replay import Replay, Step
from training.snapshots import Snapshots, drawn, joined, updates
from training.splits import Part, Period, part_of, period

MONTH_MS = 30 * DAY_MS
SNAPSHOT_PROBABILITY = 0.1


@dataclass(frozen=True)
class Survey:
    """What a log holds for training.

    `part` and `churn_ms` (NEVER: not in the log) are per user. `snapshots` were drawn from all users, `month` holds
    every update of the validation users' first months. `dead` counts the lines that could not be used.
    """

    start_ms: int
    end_ms: int
    horizon_ms: int
    part: NDArray[np.int8]
    churn_ms: Integers
    snapshots: Snapshots
    month: Snapshots
    dead: int

    @property
    def days(self) -> int:
        """How many days the log spans, begun ones included."""
        return -(-(self.end_ms - self.start_ms) // DAY_MS)

    @property
    def period(self) -> Period:
        """The log's time and its cut."""
        return period(self.start_ms, self.end_ms, self.horizon_ms)

    def labels(self, rows: Snapshots) -> NDArray[np.int8]:
        """What came of the users of these rows."""
        return label(rows.as_of_ms, self.churn_ms[rows.user], self.horizon_ms, self.end_ms)

    def whole_months(self) -> Snapshots:
        """The validation users' first months that the log holds to their ends."""
        return self.month.where(self.month.first_ms + MONTH_MS <= self.end_ms)


def survey(
    compiled: Compiled,
    chunks: Iterable[Sequence[LogRecord]],
    seed: int,
    passed: Callable[[int], None],
) -> Survey:
    """Fold a log without a model in force and keep what training needs; `passed` is told of every chunk's length.

    Raises ContractViolation when no line of it is a user's event.
    """
    pass_over = _Pass(compiled, seed)
    for chunk in chunks:
        for step in pass_over.replay.apply(chunk):
            pass_over.note(step)
        passed(len(chunk))
    return pass_over.result()


class _Pass:
    def __init__(self, compiled: Compiled, seed: int) -> None:
        self.replay = Replay(Engine(compiled, _refuse, "events"))
        self._workload = compiled.workload
        self._seed = seed
        self._start_ms, self._end_ms, self._dead = NEVER, 0, 0
        self._names: list[str] = []
        self._parts: list[Part] = []
        self._churn_ms: dict[int, int] = {}
        self._snapshots: list[Snapshots] = []
        self._months: list[Snapshots] = []

    def note(self, step: Step) -> None:
        self._dead += len(step.intake.dead)
        if not step.intake.events:
            return
        self._meet_new_users()
        self._note_times(step)
        rows = updates(step, self.replay.users)
        self._snapshots.append(drawn(rows, self._names, self._seed, SNAPSHOT_PROBABILITY))
        validating = np.array(self._parts, np.int8)[rows.user] == Part.VALIDATION
        self._months.append(rows.where(validating & (rows.as_of_ms <= rows.first_ms + MONTH_MS)))

    def _meet_new_users(self) -> None:
        new = list(islice(self.replay.users, len(self._names), None))
        self._names += new
        self._parts += [part_of(name, self._seed) for name in new]

    def _note_times(self, step: Step) -> None:
        times = [admitted.time_ms for admitted in step.intake.events]
        self._start_ms, self._end_ms = min(self._start_ms, *times), max(self._end_ms, *times)
        for admitted, outcome in zip(step.intake.events, step.advance.folded.outcome.tolist(), strict=True):
            event = admitted.event
            if outcome == APPLIED and isinstance(event, Activity) and event.data.action == self._workload.label_action:
                user = self.replay.users[admitted.user]
                self._churn_ms[user] = min(admitted.time_ms, self._churn_ms.get(user, NEVER))

    def result(self) -> Survey:
        if not self._names:
            raise ContractViolation(
                f"none of the {self._dead} lines is a user's event: give a file of canonical events"
            )
        return Survey(
            start_ms=self._start_ms,
            end_ms=self._end_ms,
            horizon_ms=self._workload.horizon_days * DAY_MS,
            part=np.array(self._parts, np.int8),
            churn_ms=np.array([self._churn_ms.get(user, NEVER) for user in range(len(self._names))], np.int64),
            snapshots=joined(self._snapshots),
            month=joined(self._months),
            dead=self._dead,
        )


def _refuse(reference: ModelRef) -> Scorer:
    raise ContractViolation(
        f"the log holds a control record (model {reference.name}/{reference.version}): train on events of users alone"
    )
