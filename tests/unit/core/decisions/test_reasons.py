"""A reason's contribution is what the score loses when its feature is at its baseline."""

import numpy as np

from schemas.alerts import Reason
from stream_app.core.decisions.reasons import MOST, explain
from stream_app.core.features.plan import compile_workload
from stream_app.workloads import music
from tests.support.fake_scorers import LinearScorer, linear

COMPILED = compile_workload(music.WORKLOAD)
WEIGHTS = {
    "song_count_7d": -0.0625,
    "error_count_7d": 0.5,
    "session_minutes": 0.125,
    "plan_paid": -1.0,
    "chat_count_30d": 0.0,
}
BASELINE = (16.0, 1.0, 8.0, 1.0, 2.0)


def _explained(scorer: LinearScorer, rows: list[list[float]]) -> list[list[Reason]]:
    vectors = np.array(rows, np.float32).reshape(-1, len(scorer.manifest.features))
    before = vectors.tobytes()
    reasons = explain(scorer, music.WORKLOAD, vectors, scorer.score(vectors))
    assert vectors.tobytes() == before
    return reasons


def test_a_linear_models_reasons_are_weight_times_distance_from_the_baseline_strongest_first() -> None:
    [reasons] = _explained(linear(COMPILED, WEIGHTS, baseline=BASELINE), [[8, 4, 12, 0, 9]])
    assert [(r.feature, r.value, r.baseline, r.contribution, r.direction) for r in reasons] == [
        ("error_count_7d", 4, 1, 0.5 * (4 - 1), "up"),
        ("plan_paid", 0, 1, -1.0 * (0 - 1), "up"),
        ("song_count_7d", 8, 16, -0.0625 * (8 - 16), "up"),
    ]
    assert [r.label for r in reasons] == ["errors in a week", "has a paid plan", "songs in a week"]


def test_a_feature_that_lowers_the_score_is_a_reason_too() -> None:
    [reasons] = _explained(linear(COMPILED, WEIGHTS, baseline=BASELINE), [[64, 1, 8, 1, 2]])
    assert [(r.feature, r.contribution, r.direction) for r in reasons] == [("song_count_7d", -3.0, "down")]


def test_who_is_like_the_baseline_has_no_reasons() -> None:
    assert _explained(linear(COMPILED, WEIGHTS, baseline=BASELINE), [list(BASELINE)]) == [[]]


def test_each_row_has_reasons_of_its_own_and_no_rows_have_none() -> None:
    scorer = linear(COMPILED, WEIGHTS, baseline=BASELINE)
    rows: list[list[float]] = [[8, 4, 12, 0, 9], [16, 1, 0, 1, 2], [0, 0, 0, 0, 0]]
    together = _explained(scorer, rows)
    assert together == [reasons for row in rows for reasons in _explained(scorer, [row])]
    assert [len(reasons) for reasons in together] == [MOST, 1, MOST]
    assert _explained(scorer, []) == []


def test_of_equally_strong_reasons_the_first_column_comes_first() -> None:
    scorer = linear(COMPILED, dict.fromkeys(["thumbs_down_count_7d", "error_count_7d", "song_count_7d"], 0.25))
    [reasons] = _explained(scorer, [[2, 2, 2]])
    assert [r.feature for r in reasons] == list(scorer.manifest.features)
