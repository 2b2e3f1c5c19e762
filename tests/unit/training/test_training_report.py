"""The report, its tables and its plots, from a small log whose users are of two kinds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_app.core.durations import DAY_MS
from stream_app.core.scoring import Scores, Vectors
from tests.support.event_logs import at
from training.card import tables
from training.card.plots import JudgedLog, plots
from training.dataset.examples import to_judge_by, to_look_at
from training.dataset.labels import NEVER
from training.dataset.snapshots import Snapshots
from training.dataset.splits import Part
from training.dataset.survey import Survey
from training.judging.ceiling import Moment
from training.judging.importance import importance
from training.judging.report import KINDS, PlotRows, report

USERS, DAYS, ENTER = 120, 70, 0.5
NAMES = ("knows", "noise")


def everyday(random: np.random.Generator, churn_ms: NDArray[np.int64], hour: int) -> Snapshots:
    """A snapshot a day while the user stays; the first column knows who will churn, the second nothing."""
    day, user = (grid.ravel() for grid in np.mgrid[0:DAYS, 0:USERS])
    as_of_ms = at(hours=hour) + day * DAY_MS
    knows = np.where(churn_ms[user] == NEVER, 0.2, 0.6) + 0.3 * random.random(len(day))
    vectors = np.column_stack([knows, random.random(len(day))]).astype(np.float32)
    rows = Snapshots(user, np.arange(len(day)), as_of_ms, np.full(len(day), at()), day + 1, vectors)
    return rows.where(as_of_ms < churn_ms[user])


@pytest.fixture(scope="module")
def surveyed() -> Survey:
    random = np.random.default_rng(3)
    churn_ms = np.where(np.arange(USERS) % 3 == 0, at() + random.integers(1, DAYS, USERS) * DAY_MS, NEVER)
    rows, daily = everyday(random, churn_ms, 9), everyday(random, churn_ms, 0)
    even = np.arange(USERS) % 2 == 0
    return Survey(
        start_ms=at(),
        end_ms=at(days=DAYS),
        horizon_ms=14 * DAY_MS,
        names=tuple(f"u{user}" for user in range(USERS)),
        part=np.full(USERS, Part.TEST, np.int8),
        churn_ms=churn_ms,
        groups={"even": even, "odd": ~even},
        snapshots=rows,
        daily=daily,
        month=rows.where(rows.user < 0),
        lives=rows,
        dead=0,
    )


def first_column(vectors: Vectors) -> Scores:
    return np.ascontiguousarray(vectors[:, 0])


def guess(moments: Sequence[Moment]) -> NDArray[np.float64]:
    return np.array([hash((moment.events, moment.as_of_ms)) % 100 / 100 for moment in moments])


@dataclass(frozen=True)
class Reported:
    found: dict[str, Any]
    plot_rows: PlotRows


@pytest.fixture(scope="module")
def reported(surveyed: Survey) -> Reported:
    return Reported(*report(surveyed, to_judge_by(surveyed), first_column, ENTER, 7, guess))


def test_both_kinds_of_snapshots_are_judged_each_figure_with_its_interval(reported: Reported) -> None:
    assert list(reported.found) == list(KINDS)
    for kind in KINDS:
        for name in ("auc", "user_auc", "pr_auc", "log_loss", "brier", "calibration_slope", "lift_1", "lift_10"):
            low, high = reported.found[kind][name]["interval"]
            assert low <= reported.found[kind][name]["value"] <= high
        assert reported.found[kind]["auc"]["value"] > 0.75


def test_only_moments_behind_the_cut_with_a_whole_horizon_are_judged(surveyed: Survey) -> None:
    unseen = to_judge_by(surveyed)
    for examples in (unseen.updates, unseen.daily):
        assert examples.rows.as_of_ms.min() > surveyed.time_split.cut_ms
        assert examples.rows.as_of_ms.max() + surveyed.horizon_ms <= surveyed.end_ms


def test_of_a_log_apart_all_time_with_a_whole_horizon_is_judged(surveyed: Survey) -> None:
    looked = to_look_at(surveyed)
    assert looked.daily.rows.as_of_ms.min() == at()
    assert looked.daily.rows.as_of_ms.max() + surveyed.horizon_ms <= surveyed.end_ms


def test_the_groups_of_users_that_the_workload_tells_apart_are_judged_apart(reported: Reported) -> None:
    for kind in KINDS:
        found = reported.found[kind]
        assert list(found["groups"]) == ["even", "odd"]
        assert sum(group["users"] for group in found["groups"].values()) == found["users"]
        assert all(group["auc"]["value"] > 0.7 for group in found["groups"].values())


def test_the_lead_time_is_over_whole_lives(reported: Reported) -> None:
    lead = reported.found["updates"]["lead_time"]
    assert (lead["users"], lead["churners"]) == (USERS, USERS // 3)
    assert lead["churners_named"]["value"] == 1.0
    assert lead["stayers_named"]["value"] < 0.2
    assert reported.found["daily"]["lead_time"]["hours_p50"]["value"] > 24


def test_an_oracle_that_only_guesses_lies_below_the_model(reported: Reported) -> None:
    for kind in KINDS:
        ceiling = reported.found[kind]["ceiling"]
        assert ceiling["oracle_auc"]["value"] == pytest.approx(0.5, abs=0.15)
        assert ceiling["auc_gap"]["interval"][1] < 0


def test_the_lead_time_of_model_and_oracle_is_told_on_the_same_snapshots_of_which_both_name_as_many(
    reported: Reported,
) -> None:
    for kind in KINDS:
        leads = reported.found[kind]["ceiling"]["lead_time"]
        assert leads["model"]["churners"] == leads["oracle"]["churners"] > 0
        assert leads["model"]["churners_named"]["value"] == 1.0
        assert leads["oracle"]["stayers_named"]["value"] > leads["model"]["stayers_named"]["value"]


def test_without_an_oracle_there_is_no_ceiling(surveyed: Survey) -> None:
    found, plot_rows = report(surveyed, to_judge_by(surveyed), first_column, ENTER, 7)
    assert "ceiling" not in found["daily"]
    assert plot_rows.against_ceiling == {}
    assert tables.ceilings(found) == []


def test_a_column_that_the_model_reads_matters_and_one_that_it_does_not_read_does_not(surveyed: Survey) -> None:
    first, second = importance(first_column, to_judge_by(surveyed).updates, NAMES, seed=7)
    assert (first["feature"], second["feature"]) == NAMES
    assert first["auc_drop"]["value"] > 0.2
    assert second["auc_drop"] == {"value": 0.0, "interval": [0.0, 0.0]}


def test_tables_have_a_row_for_each_figure_and_a_column_for_each_kind(reported: Reported) -> None:
    rows = [*tables.figures(reported.found), *tables.groups(reported.found), *tables.lead_times(reported.found)]
    assert {len(row) for row in (*rows, *tables.brief(reported.found))} == {3}
    beside = [*tables.ceilings(reported.found), *tables.ceilings_of_lead_time(reported.found)]
    assert {len(row) for row in beside} == {5}
    auc = reported.found["daily"]["auc"]
    told = f"{auc['value']:.3f} [{auc['interval'][0]:.3f}, {auc['interval'][1]:.3f}]"
    assert next(row for row in rows if row[0].startswith("AUC, every snapshot"))[2] == told


def test_a_figure_that_does_not_exist_is_not_known() -> None:
    assert tables.told({"value": None, "interval": None}) == "not known"


def test_plots_are_pictures_and_the_same_figures_give_the_same_bytes(surveyed: Survey, reported: Reported) -> None:
    fallen = importance(first_column, to_judge_by(surveyed).updates, NAMES, seed=7)
    labels = {name: f"column that {name}" for name in NAMES}
    logs = [JudgedLog("held-out users", reported.found, reported.plot_rows)]
    drawn = plots(logs, fallen, labels)
    assert sorted(drawn) == ["importance.png", "lead_time.png", "precision_recall.png", "reliability.png", "roc.png"]
    assert all(image.startswith(b"\x89PNG") for image in drawn.values())
    assert plots(logs, fallen, labels) == drawn
    found, plot_rows = report(surveyed, to_look_at(surveyed), first_column, ENTER, 7)
    beside = plots([*logs, JudgedLog("real log", found, plot_rows)], fallen, labels)
    assert beside["roc.png"] != drawn["roc.png"]
