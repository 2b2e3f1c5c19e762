"""A backtest's table for people: one row for each model with each policy."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.console import OUT, tell_of_another_digest

_WIDTH = 118
"""Even where the output is no terminal, and rich would take it to be narrower than the table."""

_COLUMNS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "scored": lambda row: f"{row['scored']:,}",
    "firing": lambda row: f"{row['alerts_firing']:,}",
    "resolved": lambda row: f"{row['alerts_resolved']:,}",
    "users\nalerted": lambda row: f"{row['users_alerted']:,}",
    "share": lambda row: f"{row['alerted_share']:.1%}",
    "churners\nnamed": lambda row: f"{row['churners_alerted_before']:,} of {row['churners']:,}",
    "precision": lambda row: f"{row['precision']:.1%}",
    "base\nrate": lambda row: f"{row['base_rate']:.1%}",
    "lift": lambda row: "-" if row["lift"] is None else f"{row['lift']:.1f}",
    "lead time\n(p50)": lambda row: _lead_time(row["lead_time_hours_p50"]),
}


def show(summary: Mapping[str, Any]) -> None:
    """Print what a backtest came to."""
    first = summary["rows"][0]
    bounds = "".join(f" {word} {summary[word]}" for word in ("from", "to") if summary[word])
    OUT.print(
        f"{summary['source']}{bounds}: {first['events']:,} events of {first['users']:,} users counted, "
        f"{summary['records']:,} records read, {summary['dead_letters']:,} dead letters among them",
        markup=False,
        soft_wrap=True,
    )
    Console(highlight=False, width=max(OUT.width, _WIDTH)).print(_table(summary["rows"]))
    if summary["alerts_missing"] is not None:
        missing, extra = summary["alerts_missing"], summary["alerts_extra"]
        OUT.print(f"live alerts compared with the replay: {missing:,} missing, {extra:,} too many")
        tell_of_another_digest(summary["alerts_of_another_digest"])


def _table(rows: list[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("model", "policy"):
        table.add_column(name, overflow="fold")
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(Text(row["model"]), Text(row["policy"]), *(cell(row) for cell in _COLUMNS.values()))
    return table


def _lead_time(hours: float | None) -> str:
    if hours is None:
        return "-"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"
