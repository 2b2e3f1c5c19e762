"""The ceiling: an oracle is asked about moments as the simulator knows them, and stands beside the model."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from producers.simulator.oracle import RolloutStart
from tests.support.event_logs import at
from training.dataset.examples import Examples
from training.dataset.snapshots import Snapshots
from training.judging.ceiling import Moment, chances, compare, estimated, subsample
from training.judging.evaluation import Judged, evaluate

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
    assert Moment._fields == RolloutStart._fields


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


def test_every_figure_of_the_model_has_its_ceiling_and_log_loss_and_brier_score_their_gaps(examples: Examples) -> None:
    chance, user = examples.rows.vectors[:, 0] / 5, examples.rows.user
    model, knowing = Judged(examples.churned, np.full(COUNT, 0.1), user), Judged(examples.churned, chance, user)
    found = compare(model, knowing, seed=7)
    for name, value in evaluate(knowing, seed=7).items():
        if name not in ("snapshots", "users", "churners", "reliability"):
            assert found[f"oracle_{name}"] == value
            assert f"model_{name}" in found
    assert found["oracle_calibration_slope"]["value"] == pytest.approx(1.0, abs=0.25)
    assert found["log_loss_gap"]["interval"][0] > 0
    assert found["brier_gap"]["value"] > 0


def test_what_chance_adds_to_the_spread_of_roll_outs_is_taken_off_and_their_order_stays() -> None:
    random = np.random.default_rng(5)
    truth = random.beta(1, 19, 5000)
    shares = random.binomial(150, truth) / 150
    found = estimated(shares.tolist(), 150)
    assert found.min() > 0
    assert (np.argsort(found, kind="stable") == np.argsort(shares, kind="stable")).all()
    assert found.mean() == pytest.approx(shares.mean(), abs=1e-4)
    assert np.square(found - truth).mean() < np.square(shares - truth).mean()
    assert found.var() < truth.var() < shares.var()


@given(
    counts=st.lists(st.integers(0, 150), min_size=1, max_size=30),
    rollouts=st.integers(150, 300),
)
def test_no_estimated_chance_is_nought_or_one(counts: list[int], rollouts: int) -> None:
    found = estimated([count / rollouts for count in counts], rollouts)
    assert ((found > 0) & (found < 1)).all()
    assert (np.argsort(found, kind="stable") == np.argsort(counts, kind="stable")).all()


def test_roll_outs_that_differ_by_chance_alone_all_tell_nearly_the_same() -> None:
    shares = np.random.default_rng(5).binomial(2, 0.1, 400) / 2
    assert np.ptp(estimated(shares.tolist(), 2)) < np.ptp(shares) / 5


def test_nothing_asked_is_nothing_told() -> None:
    assert len(estimated([], 150)) == 0
