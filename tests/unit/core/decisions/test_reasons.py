"""A reason's contribution is what the score loses when its group of features is at its baseline."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from schemas.alerts import Reason
from stream_app.core.decisions.reasons import MOST, explain
from stream_app.core.features.kinds import Feature, Latest
from stream_app.core.features.plan import compile_workload
from stream_app.core.features.words import Categorical, Group
from stream_app.core.features.workload import Workload
from stream_app.core.scoring import Scores, Vectors
from stream_app.workloads import music
from tests.support import every_kind
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


def _explained(
    scorer: LinearScorer, rows: list[list[float]], workload: Workload = music.WORKLOAD
) -> list[list[Reason]]:
    vectors = np.array(rows, np.float32).reshape(-1, len(scorer.manifest.features))
    before = vectors.tobytes()
    reasons = explain(scorer, workload, vectors, scorer.score(vectors))
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
    assert [r.text for r in reasons] == [
        "4 errors in a week, usually 1",
        "has no paid plan",
        "8 songs in a week, usually 16",
    ]


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


SONGS = {"song_count_1h": 0.5, "song_count_7d": -0.0625, "song_count_30d": 0.25, "error_count_7d": 0.125}
SONGS_BASELINE = (2.0, 16.0, 64.0, 0.0)


def test_features_of_a_group_are_one_reason_told_by_the_one_that_moves_the_score_most_in_its_direction() -> None:
    scorer = linear(COMPILED, SONGS, baseline=SONGS_BASELINE)
    [reasons] = _explained(scorer, [[3, 0, 64, 1]])
    assert [(r.group, r.contribution, r.direction) for r in reasons] == [("songs", 1.5, "up"), ("errors", 0.125, "up")]
    assert [r.text for r in reasons] == ["no songs in a week, usually 16", "1 error in a week, usually none"]
    assert [(r.feature, r.value, r.baseline) for r in reasons[:1]] == [("song_count_7d", 0, 16)]
    [down] = _explained(scorer, [[4, 16, 16, 0]])
    assert [(r.feature, r.contribution, r.direction) for r in down] == [("song_count_30d", -11.0, "down")]


class Product:
    """A model whose score is the product of all columns: none of them moves it alone while another is 0."""

    def __init__(self, like: LinearScorer) -> None:
        self.manifest = like.manifest

    def score(self, vectors: Vectors) -> Scores:
        """One score per row."""
        scores: Scores = vectors.prod(axis=1)
        return scores


def test_a_group_that_moves_the_score_only_together_is_told_by_one_that_is_not_usual() -> None:
    scorer = Product(linear(COMPILED, dict.fromkeys(SONGS, 1.0), baseline=(1.0, 0.0, 0.0, 1.0)))
    vectors = np.array([[1, 2, 4, 1]], np.float32)
    [[reason]] = explain(scorer, music.WORKLOAD, vectors, np.array([8], np.float32))
    assert (reason.group, reason.feature, reason.contribution) == ("songs", "song_count_7d", 8)


def test_what_an_agent_could_not_tell_is_no_reason_however_strong() -> None:
    [reasons] = _explained(linear(COMPILED, {"seen_h": 1.0, "error_count_7d": 0.001}), [[700, 1]])
    assert [r.feature for r in reasons] == ["error_count_7d"]
    assert _explained(linear(COMPILED, {"seen_h": 1.0}), [[700]]) == [[]]


def test_a_feature_that_is_in_no_group_is_one_and_without_words_its_label_tells_it() -> None:
    scorer = linear(compile_workload(every_kind.WORKLOAD), {"dial": 0.001})
    [[reason]] = _explained(scorer, [[750]], every_kind.WORKLOAD)
    assert (reason.group, reason.feature, reason.text) == ("dial", "dial", "latest tone: 750, usually 0")


COLUMNS = {"contract=monthly": 0.5, "contract=yearly": -0.25, "contract=other": 0.125}


def _contracts(words: Mapping[str, Categorical]) -> tuple[LinearScorer, Workload]:
    features: dict[str, Feature] = {**music.FEATURES, "contract": Latest("plan", 0, "contract")}
    like = linear(COMPILED, {"error_count_7d": 1.0})
    manifest = msgspec.structs.replace(like.manifest, features=tuple(COLUMNS), baseline=(0.0, 1.0, 0.0))
    scorer = LinearScorer(manifest, tuple(COLUMNS.values()))
    return scorer, replace(music.WORKLOAD, features=features, words={**music.WORDS, **words})


def test_the_columns_of_a_category_are_one_reason_that_names_its_value_and_the_usual_one() -> None:
    scorer, plain = _contracts({})
    [[reason]] = _explained(scorer, [[1, 0, 0]], plain)
    assert (reason.group, reason.feature, reason.contribution) == ("contract", "contract=monthly", 0.75)
    assert (reason.label, reason.text) == ("contract", "contract: monthly, usually yearly")
    scorer, worded = _contracts(
        {"contract": Categorical("pays {value}", {"monthly": "by the month", "yearly": "by the year"})}
    )
    [[reason]] = _explained(scorer, [[1, 0, 0]], worded)
    assert reason.text == "pays by the month, usually by the year"


def test_a_category_of_which_nothing_was_said_is_unknown() -> None:
    scorer, plain = _contracts({})
    [[reason]] = _explained(scorer, [[0, 0, 0]], plain)
    assert (reason.text, reason.contribution) == ("contract: unknown, usually yearly", 0.25)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({"songs": Group(("song_count_7d", "no_such"))}, "'no_such', which is no feature"),
        ({"a": Group(("song_count_7d",)), "b": Group(("song_count_7d", "plan_paid"))}, "in two groups"),
    ],
)
def test_groups_that_do_not_fit_the_features_are_refused(groups: Mapping[str, Group], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(music.WORKLOAD, groups=groups)


def test_words_and_groups_change_no_digest() -> None:
    silent = compile_workload(replace(music.WORKLOAD, words={}, groups={}))
    assert silent.state_digest == COMPILED.state_digest
    names = COMPILED.feature_names
    assert silent.feature_schema(names) == COMPILED.feature_schema(names)
