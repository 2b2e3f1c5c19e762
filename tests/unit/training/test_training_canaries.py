"""Leak canaries: what must not help does not help, and a planted leak shows that it would be seen if it did."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.instants import format_instant
from stream_app.core.durations import DAY_MS
from stream_app.core.event_lines import EventLines
from stream_app.core.features.plan import compile_workload
from stream_app.workloads.music import WORKLOAD
from tests.support.event_logs import START_MS
from training.dataset.labels import CHURNED, UNKNOWN
from training.dataset.splits import Part
from training.dataset.survey import survey
from training.fitting.model import churn_probability, fit, row_weights
from training.judging.ranking import Ranking

COMPILED = compile_workload(WORKLOAD)
USERS, DAYS, SEED = 1200, 60, 3


def happenings(random: np.random.Generator) -> Iterator[tuple[int, int, str]]:
    """Users who come on some days and like what they hear or not; who does not may cancel on any day."""
    for user in range(USERS):
        displeased = random.random() < 0.3
        for day in range(int(random.integers(0, 15)), DAYS):
            time_ms = START_MS + day * DAY_MS + int(random.integers(0, DAY_MS))
            if random.random() < 0.4:
                yield time_ms, user, "thumbs_down" if random.random() < (0.5 if displeased else 0.15) else "next_song"
            if random.random() < (0.03 if displeased else 0.004):
                yield time_ms + 1, user, "cancellation_confirmation"
                break


def line(number: int, time_ms: int, user: int, action: str) -> bytes:
    event = {"type": "churn.activity.v1", "specversion": "1.0", "id": str(number), "source": "/test"}
    time = format_instant(time_ms)
    event |= {"time": time, "recordedtime": time, "subject": f"u{user}"}
    return json.dumps({**event, "data": {"action": action}}).encode()


@dataclass(frozen=True)
class Table:
    """Midnights of half of the users to learn from and of the other half to judge by, and what came of them.

    `tenure_days` runs from the user's first event to the last one before the midnight, `life_days` to the last one in
    the whole log.
    """

    vectors: NDArray[np.float32]
    user: NDArray[np.int64]
    churned: NDArray[np.int8]
    tenure_days: NDArray[np.float32]
    life_days: NDArray[np.float32]

    def auc(self, *beside: NDArray[np.float32]) -> float:
        """The AUC on users that nothing was learnt from, with these columns beside the features."""
        return self.auc_of(self.churned, *beside)

    def auc_of(self, churned: NDArray[np.int8], *beside: NDArray[np.float32]) -> float:
        matrix, learns = np.column_stack([self.vectors, *beside]).astype(np.float32), self.user % 2 == 0
        model = fit(matrix[learns], churned[learns], row_weights([self.user[learns]]), SEED)
        scores = churn_probability(model, matrix[~learns])
        return Ranking(churned[~learns], scores).auc(np.ones(len(scores)))


@pytest.fixture(scope="module")
def table() -> Table:
    happened = sorted(happenings(np.random.default_rng(SEED)))
    lines = [line(number, *happening) for number, happening in enumerate(happened)]
    found = survey(COMPILED, EventLines(lines).chunks(), lambda _: Part.TEST, SEED, lambda _: None)
    known = found.time_split.over(found.daily.as_of_ms) & (found.labels(found.daily) != UNKNOWN)
    rows = found.daily.where(known)
    last_ms = np.zeros(len(found.names), np.int64)
    np.maximum.at(last_ms, found.lives.user, found.lives.as_of_ms)
    seen_ms = np.array([happened[offset][0] for offset in rows.offset.tolist()])
    tenures = ((until - rows.first_ms) / DAY_MS for until in (seen_ms, last_ms[rows.user]))
    tenure_days, life_days = (tenure.astype(np.float32) for tenure in tenures)
    return Table(rows.vectors, rows.user, found.labels(rows), tenure_days, life_days)


@pytest.fixture(scope="module")
def honest(table: Table) -> float:
    return table.auc()


def test_the_table_has_something_to_learn(honest: float) -> None:
    assert honest > 0.6


def test_tenure_to_the_last_event_before_the_snapshot_moves_the_score_by_less_than_a_hundredth(
    table: Table, honest: float
) -> None:
    assert abs(table.auc(table.tenure_days) - honest) < 0.01


def test_tenure_to_the_last_event_of_the_whole_log_is_a_leak_and_is_seen_as_one(table: Table, honest: float) -> None:
    assert table.auc(table.life_days) > honest + 0.1


def test_nothing_is_learnt_from_labels_that_were_shuffled_among_users(table: Table) -> None:
    users = np.unique(table.user)
    other = np.zeros(users.max() + 1, np.int64)
    other[users] = np.random.default_rng(SEED).permutation(users)
    churner = np.zeros(users.max() + 1, np.bool_)
    churner[table.user[table.churned == CHURNED]] = True
    assert table.auc_of(churner[other[table.user]].astype(np.int8)) == pytest.approx(0.5, abs=0.06)
