"""Draws latency and processor time against load."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmarks.speed.saturation import Point, keeps_up

_LINES: Final = (
    ("produce_to_alert_ms", "p99", "to the alert, p99", "#b2182b", "-"),
    ("produce_to_alert_ms", "p50", "to the alert, median", "#2166ac", "-"),
    ("produce_to_hand_ms", "p50", "to the decision, median", "#2166ac", ":"),
)
_CORES: Final = (
    ("worker_cores", "worker", "#1b7837"),
    ("broker_cores", "broker", "#762a83"),
    ("redis_cores", "Redis", "#e08214"),
    ("loader_cores", "loader", "#888888"),
)
_INCHES: Final = (8.0, 6.4)
_DPI: Final = 150
_ROOM_FOR_LEGEND: Final = 1.25


def draw(result: Mapping[str, Any], file: Path) -> None:
    """Write the curve that `saturation.measure` found as a PNG."""
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    delays, cores = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    points = result["points"]
    _draw_delays(delays, points)
    _draw_cores(cores, points)
    if result["limit"] is not None:
        for axes in (delays, cores):
            axes.axvline(result["limit"], color="#444444", linewidth=1, linestyle="--")
        delays.annotate(
            f"limit: {result['limit']:,.0f}/s",
            (result["limit"], 1),
            xycoords=("data", "axes fraction"),
            xytext=(-5, -5),
            textcoords="offset points",
            ha="right",
            va="top",
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)


def _draw_delays(axes: Axes, points: list[Point]) -> None:
    shown = [point for point in points if point["produce_to_alert_ms"]]
    rates = [point["rate"] for point in shown]
    beyond = [point for point in shown if not keeps_up(point)]
    for key, percentile, label, color, style in _LINES:
        axes.plot(rates, [point[key][percentile] for point in shown], style, marker="o", ms=4, color=color, label=label)
        hollow = [point[key][percentile] for point in beyond]
        axes.plot([point["rate"] for point in beyond], hollow, "o", ms=7, mfc="white", mec=color)
    if beyond:
        axes.plot([], [], "o", ms=7, mfc="white", mec="#444444", label="the worker falls behind")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms:,.0f}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("ms since the event was due")
    axes.set_title("One worker under open-loop load, one event in 100 raises an alert", loc="left", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(loc="upper left", frameon=False)


def _draw_cores(axes: Axes, points: list[Point]) -> None:
    rates = [point["rate"] for point in points]
    for key, label, color in _CORES:
        axes.plot(rates, [point[key] for point in points], marker="o", ms=4, color=color, label=label)
    axes.set_ylim(bottom=0, top=_ROOM_FOR_LEGEND * max(point[key] for point in points for key, _, _ in _CORES))
    axes.set_xlim(left=0)
    axes.set_ylabel("cores")
    axes.set_xlabel("events a second that are due")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:,.0f}"))
    axes.grid(alpha=0.25)
    axes.legend(loc="upper left", frameon=False, ncols=len(_CORES))
