"""The ceiling: an oracle is asked about moments as the simulator knows them, and stands beside the model."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from producers.simulator.oracle import Moment as SimulatedMoment
from tests.event_logs import at
from training.ceiling import Moment, chances, compare, subsample
from training.evaluation import Judged
from training.examples import Examples
from training.snapshots import Snapshots

COUNT = 4000
NAMES = [f"u{user}" for user in range(200)]


@pytest.fixture(scope="module")
def examples() -> Examples:
    random = np.random.default_rng(3)
    place = np.arange(COUNT)
    vectors = random.random((COUNT, 1)).astype(np.float32)
    rows = Snapshots(place % 200, place, at() + place, at() + place * 0, place // 200 + 1, vectors)
    return Examples(rows, (random.random(COUNT) < vectors[:, 0] / 5).astype(np.int8))


def test_a_moment_is_what_the_simulators_oracle_takes() -> None:
    assert Moment._fields == SimulatedMoment._fields


def test_an_oracle_is_asked_by_name_number_of_events_and_instant(examples: Examples) -> None:
    asked: list[Moment] = []

    def oracle(moments: Sequence[Moment]) -> NDArray[np.float64]:
        asked.extend(moments)
        return np.linspace(0, 1, len(moments))

    found = chances(oracle, examples, NAMES)
    assert asked[201] == Moment("u1", 2, at() + 201)
    assert found.tolist() == np.linspace(0, 1, COUNT).tolist()


def test_the_moments_are_a_share_of_all_that_does_not_depend_on_their_order(examples: Examples) -> None:
    chosen = subsample(examples, NAMES, seed=7, moments=500)
    assert chosen.sum() == 500
    backwards = examples.where(np.arange(COUNT)[::-1])
    assert subsample(backwards, NAMES, seed=7, moments=500)[::-1].tolist() == chosen.tolist()
    assert subsample(examples, NAMES, seed=8, moments=500).tolist() != chosen.tolist()
    assert subsample(examples, NAMES, seed=7, moments=9999).all()
    assert np.bincount(examples.rows.user[chosen], minlength=200).max() < 12


def test_the_gap_is_that_of_the_aucs_on_the_same_rows_with_an_interval_of_its_own(examples: Examples) -> None:
    knowing, user = examples.rows.vectors[:, 0], examples.rows.user
    guessing = (knowing + 0.5 * np.random.default_rng(1).random(COUNT)).astype(np.float32)
    found = compare(Judged(examples.churned, guessing, user), Judged(examples.churned, knowing, user), seed=7)
    gap = found["oracle_auc"]["value"] - found["model_auc"]["value"]
    assert found["auc_gap"]["value"] == pytest.approx(gap, abs=2e-4)
    assert found["auc_gap"]["interval"][0] > 0
    low, high = found["auc_gap"]["interval"]
    apart = found["oracle_auc"]["interval"][1] - found["oracle_auc"]["interval"][0]
    assert high - low < apart
    assert found["snapshots"] == COUNT
