"""The plots beside a model card, as PNG. The same figures give the same bytes with the same version of matplotlib."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.dataset.labels import NEVER
from training.judging.evaluation import Judged
from training.judging.report import KINDS, PlotRows

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
"""Two of Okabe and Ito's colours, which the colour-blind can tell apart, and grey for what is only a measure."""
_KIND_TITLES = {"updates": "at scored updates", "daily": "at midnights"}
_STYLE: Any = {
    "font.size": 11,
    "axes.titlesize": 11,
    "figure.titlesize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "savefig.dpi": 110,
    "figure.constrained_layout.use": True,
}
_WIDTH, _HEIGHT = 9.0, 4.4
_LEAPS_UNTIL = 0.02
_TIMES = {1 / 60: "1 min", 1: "1 h", 24: "1 d", 168: "7 d", 720: "30 d"}


@dataclass(frozen=True)
class JudgedLog:
    """How a model did on one log: its figures, by kind of snapshot, and the rows behind them."""

    name: str
    figures: Mapping[str, Any]
    plot_rows: PlotRows


@dataclass(frozen=True)
class _Panel:
    """One kind of snapshot of one log, in the log's colour."""

    axes: Axes
    kind: str
    log: JudgedLog
    colour: str
    marker: str

    @property
    def figures(self) -> Mapping[str, Any]:
        figures: Mapping[str, Any] = self.log.figures[self.kind]
        return figures


def plots(
    logs: Sequence[JudgedLog], importance: Sequence[Mapping[str, Any]], labels: Mapping[str, str]
) -> dict[str, bytes]:
    """Every plot by its file name, of at most two logs: the held-out users', and the real one where it was looked at.

    `importance` is that of the columns, `labels` says what they mean.
    """
    with mpl.rc_context(_STYLE):
        return {
            "reliability.png": _by_kind("Can a score be read as a probability?", logs, _reliability, _honest),
            "roc.png": _by_kind("Churners found against stayers named (ROC)", logs, _roc, _chance),
            "precision_recall.png": _by_kind("Precision against churners found", logs, _precision_recall, _whole),
            "lead_time.png": _by_kind("How long before they leave churners are named", logs, _lead_time, _before),
            "importance.png": _importance(importance, labels),
        }


def _by_kind(
    title: str, logs: Sequence[JudgedLog], draw: Callable[[_Panel], None], finish: Callable[[Axes], None]
) -> bytes:
    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    figure.suptitle(title)
    for axes, kind in zip(figure.subplots(1, len(KINDS)), KINDS, strict=True):
        axes.set_title(_KIND_TITLES[kind])
        for log, colour, marker in zip(logs, (BLUE, ORANGE), "os", strict=False):
            draw(_Panel(axes, kind, log, colour, marker))
        finish(axes)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _reliability(panel: _Panel) -> None:
    bins = [one for one in panel.figures["reliability"] if one["churn_rate"]["value"] is not None]
    scores = np.array([one["mean_score"] for one in bins])
    rates = np.array([one["churn_rate"]["value"] for one in bins])
    reach = _reach(rates, [one["churn_rate"]["interval"] for one in bins])
    line: dict[str, Any] = {"color": panel.colour, "marker": panel.marker, "markersize": 5, "linewidth": 1.2}
    panel.axes.errorbar(scores, rates, yerr=reach, elinewidth=0.8, capsize=2, label=panel.log.name, **line)


def _reach(values: np.ndarray[Any, Any], intervals: Sequence[Sequence[float]]) -> np.ndarray[Any, Any]:
    """How far intervals reach below and above values."""
    low, high = np.array(intervals).T
    return np.stack([np.maximum(values - low, 0), np.maximum(high - values, 0)])


def _honest(axes: Axes) -> None:
    end = min(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([0, end], [0, end], color=GREY, linestyle="--", linewidth=1, label="honest probabilities")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.locator_params(nbins=6)
    axes.set_xlabel("mean score of a tenth of the snapshots")
    axes.set_ylabel("share of them that churned in time")
    axes.legend(loc="upper left")


def _roc(panel: _Panel) -> None:
    axes, judged, name = panel.axes, panel.log.plot_rows.judged[panel.kind], panel.log.name
    axes.plot(*judged.ranking.roc(), color=panel.colour, label=f"{name}: AUC {panel.figures['auc']['value']:.2f}")
    if panel.kind in panel.log.plot_rows.against_ceiling:
        _, oracle = panel.log.plot_rows.against_ceiling[panel.kind]
        auc = panel.figures["ceiling"]["oracle_auc"]["value"]
        axes.plot(*oracle.ranking.roc(), color=GREY, linestyle="--", label=f"{name}, ceiling: AUC {auc:.2f}")


def _chance(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, label="chance: AUC 0.50")
    axes.set_xlabel("stayers' snapshots named (share)")
    axes.set_ylabel("churners' snapshots found (share)")
    axes.legend(loc="lower right")


def _precision_recall(panel: _Panel) -> None:
    axes, judged, base = panel.axes, panel.log.plot_rows.judged[panel.kind], panel.figures["base_rate"]["value"]
    axes.plot(*_steady(judged), color=panel.colour, label=panel.log.name)
    axes.axhline(base, color=panel.colour, linestyle=":", linewidth=1, label=f"{panel.log.name}, base rate {base:.3f}")
    if panel.kind in panel.log.plot_rows.against_ceiling:
        _, oracle = panel.log.plot_rows.against_ceiling[panel.kind]
        axes.plot(*_steady(oracle), color=GREY, linestyle="--", label=f"{panel.log.name}, ceiling")


def _steady(judged: Judged) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The curve without its beginning, where a few snapshots make it leap."""
    found, precision = judged.ranking.precision_recall()
    kept = found >= _LEAPS_UNTIL
    return found[kept], precision[kept]


def _whole(axes: Axes) -> None:
    axes.set_ylim(bottom=0, top=min(1.3 * axes.get_ylim()[1], 1.05))
    axes.set_xlabel(f"churners' snapshots found (share, from {_LEAPS_UNTIL} on)")
    axes.set_ylabel("precision (share of the named that churn)")
    axes.legend(loc="upper right")


def _lead_time(panel: _Panel) -> None:
    naming = panel.log.plot_rows.naming[panel.kind]
    hours = np.sort(naming.hours)[::-1]
    churners = max(int(np.count_nonzero(naming.churn_ms != NEVER)), 1)
    share = np.append(np.arange(1, len(hours) + 1), len(hours)) / churners
    ahead = np.append(hours, min(_TIMES) / 2)
    panel.axes.step(ahead, share, where="post", color=panel.colour, label=f"{panel.log.name} ({churners} churners)")


def _before(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xticks(list(_TIMES), list(_TIMES.values()))
    axes.minorticks_off()
    axes.set_xlim(3 * max(_TIMES), min(_TIMES) / 2)
    axes.set_ylim(0, 1)
    axes.set_xlabel("time before they leave")
    axes.set_ylabel("churners named by then (share)")
    axes.legend(loc="upper left")


def _importance(importance: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> bytes:
    figure = Figure(figsize=(_WIDTH, 1.3 + 0.28 * len(importance)))
    axes = figure.subplots()
    falls = np.array([one["auc_drop"]["value"] or 0.0 for one in importance])
    reach = _reach(falls, [one["auc_drop"]["interval"] or (0.0, 0.0) for one in importance])
    place = np.arange(len(importance))
    axes.barh(place, falls, color=BLUE, height=0.65)
    axes.errorbar(falls, place, xerr=reach, fmt="none", ecolor=GREY, elinewidth=1, capsize=2)
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_yticks(place, [labels[one["feature"]] for one in importance])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("fall of the AUC when shuffled, 95 % interval")
    figure.suptitle("What the model leans on (held-out users, scored updates)")
    return _png(figure)
