"""Figures over snapshots: equal to scikit-learn's where it has them, weighted by user, and with honest intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from tests.support.event_logs import at
from training.dataset.labels import NEVER
from training.dataset.snapshots import Snapshots
from training.judging.calibration import log_odds, recalibration, reliability
from training.judging.evaluation import Judged, auc_only, evaluate
from training.judging.lead_time import highest, lead_time, named_by, naming
from training.judging.ranking import Ranking
from training.judging.resampling import figures

HOUR_MS = 3_600_000


def scored_rows(count: int, seed: int = 5) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float64]]:
    """What happened, scores that know something of it and of which some are equal, and weights."""
    random = np.random.default_rng(seed)
    scores = np.round(random.random(count), 2).astype(np.float32)
    churned = (random.random(count) < scores).astype(np.int8)
    churned[:2] = 0, 1
    return churned, scores, random.integers(0, 4, count).astype(np.float64)


@given(count=st.integers(3, 60), seed=st.integers(0, 1000))
def test_auc_and_average_precision_are_scikit_learns_ties_and_weights_included(count: int, seed: int) -> None:
    churned, scores, weight = scored_rows(count, seed)
    weight[:2] += 1.0
    ranking = Ranking(churned, scores)
    assert ranking.auc(weight) == pytest.approx(roc_auc_score(churned, scores, sample_weight=weight))
    expected = average_precision_score(churned, scores, sample_weight=weight)
    assert ranking.pr_auc(weight) == pytest.approx(expected)


def test_lift_is_the_churn_among_the_highest_scores_over_that_of_all() -> None:
    churned = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 0], np.int8)
    scores = np.linspace(0.9, 0.0, 10)
    ranking, ones = Ranking(churned, scores), np.ones(10)
    assert ranking.lift(ones, 0.2) == pytest.approx(1 / 0.3)
    assert ranking.lift(ones, 0.5) == pytest.approx(0.6 / 0.3)
    assert ranking.lift(ones, 1.0) == pytest.approx(1.0)


def test_equal_scores_cannot_be_put_in_order_and_lift_as_chance_does() -> None:
    churned = np.array([1, 1, 0, 0, 0, 0], np.int8)
    assert Ranking(churned, np.full(6, 0.3)).lift(np.ones(6), 0.1) == pytest.approx(1.0)


def test_figures_that_need_churners_and_stayers_do_not_exist_without_them() -> None:
    nobody = Ranking(np.zeros(4, np.int8), np.arange(4.0))
    assert np.isnan([nobody.auc(np.ones(4)), nobody.pr_auc(np.ones(4)), nobody.lift(np.ones(4), 0.5)]).all()
    found = auc_only(Judged(np.zeros(4, np.int8), np.arange(4.0), np.arange(4)), seed=7)
    assert found == {"snapshots": 4, "users": 4, "churners": 0, "auc": {"value": None, "interval": None}}


def test_a_model_is_judged_over_snapshots_and_over_users() -> None:
    churned = np.array([1, 0, 0, 0, 1, 0], np.int8)
    scores = np.array([0.9, 0.1, 0.1, 0.1, 0.2, 0.3], np.float32)
    found = evaluate(Judged(churned, scores, np.array([10, 11, 11, 11, 12, 13])), seed=7)
    assert (found["auc"]["value"], found["user_auc"]["value"]) == (0.875, 0.75)
    assert (found["snapshots"], found["users"], found["churners"]) == (6, 4, 2)
    assert found["base_rate"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["mean_score"]["value"] == pytest.approx(scores.mean(), abs=1e-4)
    assert found["brier"]["value"] == pytest.approx(brier_score_loss(churned, scores), abs=1e-4)
    assert found["log_loss"]["value"] == pytest.approx(log_loss(churned, scores.astype(float)), abs=1e-4)


def test_the_interval_is_drawn_over_users_so_that_rows_of_one_user_add_no_certainty() -> None:
    random = np.random.default_rng(5)
    churned = (np.arange(40) % 4 == 0).astype(np.int8)
    scores = (0.2 * churned + random.random(40) * 0.5).astype(np.float32)
    once = evaluate(Judged(churned, scores, np.arange(40)), seed=7)
    often = evaluate(Judged(np.repeat(churned, 50), np.repeat(scores, 50), np.repeat(np.arange(40), 50)), seed=7)
    assert often["auc"] == once["auc"]
    low, high = once["auc"]["interval"]
    assert low < once["auc"]["value"] < high
    assert high - low > 0.1


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(60):
        drawn = np.random.default_rng(seed).normal(size=80)
        found = figures(lambda weight, drawn=drawn: {"mean": weight @ drawn / weight.sum()}, np.arange(80), seed)  # type: ignore[misc]
        low, high = found["mean"]["interval"]
        held += low <= 0 <= high
    assert 50 <= held <= 60


def test_honest_probabilities_have_slope_one_and_intercept_zero_and_bins_on_the_diagonal() -> None:
    random = np.random.default_rng(1)
    scores = random.beta(1, 8, 200_000)
    churned = (random.random(len(scores)) < scores).astype(np.int8)
    assert recalibration(churned, log_odds(scores), np.ones(len(scores))) == pytest.approx((1.0, 0.0), abs=0.05)
    bins = reliability(churned[:20_000], scores[:20_000], np.arange(20_000), seed=7)
    assert len(bins) == 10
    for one in bins:
        low, high = one["churn_rate"]["interval"]
        assert low - 0.01 < one["mean_score"] < high + 0.01


def test_scores_that_are_too_sure_of_themselves_have_a_slope_below_one() -> None:
    random = np.random.default_rng(1)
    odds = random.normal(-2, 1, 50_000)
    churned = (random.random(len(odds)) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    slope, _ = recalibration(churned, 2 * odds, np.ones(len(odds)))
    assert slope == pytest.approx(0.5, abs=0.03)


def test_the_recalibration_line_is_finite_however_well_few_churners_are_told_apart() -> None:
    churned = np.array([0] * 30 + [1], np.int8)
    line = recalibration(churned, log_odds(np.linspace(0.0, 1.0, 31)), np.ones(31))
    assert np.isfinite(line).all()


def life(*rows: tuple[int, int, float]) -> tuple[Snapshots, NDArray[np.float32]]:
    """Snapshots of (user, hour, score)."""
    user, hours, scores = (np.array(column) for column in zip(*rows, strict=True))
    times = at() + hours * HOUR_MS
    snapshots = Snapshots(user, user, times, times, user, np.zeros((len(rows), 1), np.float32))
    return snapshots, scores.astype(np.float32)


def test_the_lead_time_runs_from_the_first_score_that_fires_to_the_cancellation() -> None:
    rows, scores = life((0, 0, 0.1), (0, 10, 0.5), (0, 90, 0.9), (1, 0, 0.4), (2, 0, 0.6), (3, 5, 0.2))
    churn_ms = np.array([at(hours=100), at(hours=50), NEVER, NEVER])
    found = lead_time(naming(rows, scores, churn_ms, enter=0.5), horizon_ms=48 * HOUR_MS, seed=7)
    assert (found["users"], found["churners"]) == (4, 2)
    assert (found["churners_named"]["value"], found["stayers_named"]["value"]) == (0.5, 0.5)
    assert found["churners_named_within_horizon"]["value"] == 0.5
    assert found["hours_p50"]["value"] == 90.0


def test_a_score_long_before_names_nobody_within_the_horizon() -> None:
    rows, scores = life((0, 0, 0.9), (0, 90, 0.1), (1, 0, 0.1))
    named = naming(rows, scores, np.array([at(hours=100), NEVER]), enter=0.5)
    found = lead_time(named, horizon_ms=48 * HOUR_MS, seed=7)
    assert (found["churners_named"]["value"], found["churners_named_within_horizon"]["value"]) == (1.0, 0.0)


def test_quartiles_do_not_exist_where_nobody_is_named() -> None:
    rows, scores = life((0, 0, 0.1), (1, 0, 0.1))
    found = lead_time(naming(rows, scores, np.array([at(hours=9), NEVER]), enter=0.5), 48 * HOUR_MS, seed=7)
    assert found["churners_named"]["value"] == 0.0
    assert found["hours_p50"] == {"value": None, "interval": None}


def test_the_highest_scores_are_named_and_equal_ones_all_or_none() -> None:
    scores = np.array([0.1, 0.9, 0.5, 0.5, 0.7])
    assert [highest(scores, most).tolist().count(True) for most in range(6)] == [0, 1, 2, 2, 4, 5]
    assert highest(scores, 2).tolist() == [False, True, False, False, True]


def test_whom_scores_name_is_whom_the_rows_over_the_threshold_name() -> None:
    rows, scores = life((0, 0, 0.1), (0, 10, 0.5), (1, 0, 0.4))
    churn_ms = np.array([at(hours=100), NEVER])
    named, over = naming(rows, scores, churn_ms, enter=0.5), named_by(rows, np.array([False, True, False]), churn_ms)
    assert named.first_ms.tolist() == over.first_ms.tolist() == [at(hours=10), NEVER]
