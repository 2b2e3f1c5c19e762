"""The figures of a report as rows of words, for the card and for the terminal."""

from collections.abc import Callable, Mapping
from typing import Any

from training.judging.evaluation import LIFTS
from training.judging.report import KINDS

TableRow = tuple[str, ...]
"""A figure's name, then what it is at each kind of snapshot."""
Metrics = Mapping[str, Any]

_SIZES = {"snapshots": "snapshots", "users": "users", "churners": "churners: users who leave in time after a snapshot"}
_FIGURES = {
    "auc": "AUC, every snapshot weighing the same",
    "user_auc": "AUC, every user weighing the same",
    "pr_auc": "PR-AUC (average precision)",
    "base_rate": "base rate: share of snapshots before a churn",
    "mean_score": "mean score (honest: the base rate)",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_slope": "calibration slope (honest: 1)",
    "calibration_intercept": "calibration intercept (honest: 0)",
    **{f"lift_{percent}": f"lift among the {percent} % that score highest" for percent in LIFTS},
}
_SHARES = {
    "churners_named": "churners named before they leave",
    "churners_named_within_horizon": "churners named within the horizon before they leave",
    "stayers_named": "stayers named",
}
_QUARTILES = {
    "hours_p25": "time ahead, first quartile",
    "hours_p50": "time ahead, median",
    "hours_p75": "time ahead, third quartile",
}
_BRIEF = {
    "auc": "AUC, by snapshot",
    "user_auc": "AUC, by user",
    "pr_auc": "PR-AUC",
    "base_rate": "base rate",
    "mean_score": "mean score",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_slope": "calibration slope",
    "lift_5": "lift at 5 %",
}
_BRIEF_SHARES = {"churners_named": "churners named", "stayers_named": "stayers named"}
_GAPS = {
    "auc_gap": "AUC below the ceiling",
    "log_loss_gap": "log loss above the ceiling",
    "brier_gap": "Brier score above the ceiling",
}
_RIVALS = ("model", "oracle")


def told(figure: Metrics, times: float = 1.0, digits: int = 3) -> str:
    """A figure with its interval."""
    if figure["value"] is None:
        return "not known"
    value, low, high = (f"{times * number:.{digits}f}" for number in (figure["value"], *figure["interval"]))
    return f"{value} [{low}, {high}]"


def brief(found: Metrics) -> list[TableRow]:
    """A line for each of the figures that matter most."""
    rows = [(name, *(told(found[kind][key], 1.0, 2) for kind in KINDS)) for key, name in _BRIEF.items()]
    beside = [found[kind].get("ceiling") for kind in KINDS]
    if all(beside):
        rows.append(("ceiling: AUC", *(told(one["oracle_auc"], 1.0, 2) for one in beside)))
        rows.append(("AUC below it", *(told(one["auc_gap"], 1.0, 2) for one in beside)))
    leads = {kind: found[kind]["lead_time"] for kind in KINDS}
    return [*rows, *_rows(leads, _BRIEF_SHARES, _per_cent), *_rows(leads, {"hours_p50": "time ahead, median"}, _days)]


def figures(found: Metrics) -> list[TableRow]:
    """All figures over snapshots."""
    kinds = {kind: found[kind] for kind in KINDS}
    return [*_rows(kinds, _SIZES, _count), *_rows(kinds, _FIGURES, _figure)]


def groups(found: Metrics) -> list[TableRow]:
    """The AUC of each group of users that the workload tells apart, and how many they are."""
    apart = {kind: found[kind]["groups"] for kind in KINDS}
    return _rows(apart, {name: f"AUC, {name}" for name in apart[KINDS[0]]}, _group)


def lead_times(found: Metrics) -> list[TableRow]:
    """Who was named before they leave, and how long before."""
    leads = {kind: found[kind]["lead_time"] for kind in KINDS}
    return _lead_rows(leads)


def ceilings(found: Metrics) -> list[TableRow]:
    """The model and the oracle on the same snapshots, a column each per kind; none where there was no oracle."""
    if any("ceiling" not in found[kind] for kind in KINDS):
        return []
    both = [found[kind]["ceiling"] for kind in KINDS]
    rows: list[TableRow] = [
        (name, *(told(one[f"{who}_{key}"]) for one in both for who in _RIVALS)) for key, name in _FIGURES.items()
    ]
    gaps = [(name, *(cell for one in both for cell in (told(one[key]), ""))) for key, name in _GAPS.items()]
    return rows + gaps


def ceilings_of_lead_time(found: Metrics) -> list[TableRow]:
    """Who is named, and how long before they leave, by the model and by the oracle on the same snapshots."""
    leads = {f"{kind} {who}": found[kind]["ceiling"]["lead_time"][who] for kind in KINDS for who in _RIVALS}
    return _lead_rows(leads)


def _lead_rows(leads: Metrics) -> list[TableRow]:
    sizes = {"users": "users", "churners": "churners, over the whole log"}
    return [*_rows(leads, sizes, _count), *_rows(leads, _SHARES, _per_cent), *_rows(leads, _QUARTILES, _days)]


def _rows(columns: Metrics, names: Mapping[str, str], cell: Callable[[Any], str]) -> list[TableRow]:
    """A row for each name; a column of figures for each of the columns."""
    return [(name, *(cell(column[key]) for column in columns.values())) for key, name in names.items()]


def _count(number: int) -> str:
    return f"{number:,}"


def _figure(figure: Metrics) -> str:
    return told(figure)


def _group(group: Metrics) -> str:
    return f"{told(group['auc'])} ({group['users']:,} users, {group['churners']:,} churners)"


def _per_cent(figure: Metrics) -> str:
    return told(figure, 100, 0) + ("" if figure["value"] is None else " %")


def _days(figure: Metrics) -> str:
    return told(figure, 1 / 24, 1) + ("" if figure["value"] is None else " days")
