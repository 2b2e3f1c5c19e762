"""`churn workload show`: what is kept of a user, what is read of it, and what it weighs."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from cli.console import OUT, print_json
from cli.options import AsJson
from stream_app.core.durations import DAY_MS, HOUR_MS, MINUTE_MS
from stream_app.core.features.codec import MAX_STATE_BYTES
from stream_app.core.features.kinds import Feature
from stream_app.core.features.layout import Grid, lay_out
from stream_app.core.features.patterns import signal_scales
from stream_app.core.features.plan import Compiled, compile_workload
from stream_app.core.features.sources import SignalSource
from stream_app.core.features.workload import Workload
from stream_app.settings import Settings
from stream_app.workloads import workload_named


def show_workload(
    name: Annotated[str | None, typer.Argument(help="Unset: this deployment's workload.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a workload's signals and what raises them, its features, the tiles that are kept, and the bytes of a state.

    Example: churn workload show music
    """
    workload = workload_named(name or Settings().workload)
    shown = _facts(workload, compile_workload(workload))
    if as_json:
        print_json(shown)
        return
    for name, text in _summary(shown).items():
        OUT.print(f"{name:<9} {text}", markup=False, soft_wrap=True)
    for part in ("signals", "features", "tiles"):
        if shown[part]:
            OUT.print("", _table(part.capitalize(), shown[part]), sep="\n")


def _facts(workload: Workload, compiled: Compiled) -> dict[str, Any]:
    return {
        "name": workload.name,
        "horizon_days": workload.horizon_days,
        "churn": [_raised_by(source) for source in workload.churn],
        "policy": msgspec.to_builtins(workload.policy),
        "state_digest": compiled.state_digest,
        "state": {
            "in_memory_bytes": compiled.record.itemsize,
            "fullest_bytes": compiled.fullest_state_bytes,
            "bound_bytes": MAX_STATE_BYTES,
        },
        "signals": _signals(workload),
        "features": [_feature(name, feature) for name, feature in workload.features.items()],
        "tiles": [_tiles(grid) for grid in lay_out(workload).grids],
    }


def _signals(workload: Workload) -> list[dict[str, Any]]:
    """Each with what raises it; its values are kept in units of 1 over its scale."""
    raised = {signal: [*map(_raised_by, sources)] for signal, sources in workload.signals.items()}
    for signal, wait in workload.waits.items():
        raised[signal] = [f"{_raised_by(wait.ends)} after {_raised_by(wait.begins)}"]
    scales = signal_scales(workload)
    return [{"signal": signal, "scale": scales[signal], "raised_by": by} for signal, by in raised.items()]


def _summary(shown: Mapping[str, Any]) -> dict[str, str]:
    state = shown["state"]
    return {
        "Workload": f"{shown['name']}: {len(shown['features'])} features of {len(shown['signals'])} signals",
        "Churn": f"{', '.join(shown['churn'])}; a model says the chance of it within {shown['horizon_days']} days",
        "State": f"{state['fullest_bytes']:,} bytes in Redis when nothing in it is zero, of {state['bound_bytes']:,} "
        f"that are allowed; {state['in_memory_bytes']:,} in memory",
        "Digest": shown["state_digest"],
    }


def _raised_by(source: SignalSource) -> str:
    """Which events, and the value that they give the signal if it is not 1."""
    value = "" if source.value == 1 else " (its own value)" if source.value is None else f" (value {source.value})"
    return f"{source.kind} {source.name}{value}"


def _feature(name: str, feature: Feature) -> dict[str, Any]:
    """A declaration: its kind, window and words, and all else that it says."""
    said = dict(vars(feature))
    window, label = said.pop("window", None), said.pop("label")
    return {"feature": name, "kind": type(feature).__name__, "window": window, "reads": said, "label": label}


def _tiles(grid: Grid) -> dict[str, Any]:
    return {
        "tile": _length(grid.tile_ms),
        "tiles": grid.tiles,
        "counted": grid.signals,
        "summed": grid.summed,
        "largest": grid.most,
    }


def _length(ms: int) -> str:
    for unit, length in (("day", DAY_MS), ("hour", HOUR_MS), ("minute", MINUTE_MS)):
        if ms % length == 0:
            return f"{ms // length} {unit}{'s' if ms > length else ''}"
    return f"{ms} ms"


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """The keys of the first row as headings."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for place, heading in enumerate(rows[0]):
        table.add_column(heading.replace("_", " "), no_wrap=place == 0)
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    return table


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(map(_declared, value, value.values()))
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_cell, value))
    return "" if value is None else str(value)


def _declared(name: str, value: object) -> str:
    """What a feature says of itself: signals as they are called, the whole of a share behind `of`, numbers by name."""
    if isinstance(value, str):
        return value
    return f"of {_cell(value)}" if isinstance(value, tuple) else f"{name.replace('_', ' ')} {value}"
