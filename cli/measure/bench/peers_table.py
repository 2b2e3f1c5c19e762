"""The report of the peers for people: one table a mix, one row for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.console import OUT

_WIDTH = 118
"""Even where the output is no terminal, and rich would take it to be narrower than the table."""


def show(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Print the rows of every mix: what each did, and how many events per CPU-second."""
    console = Console(file=OUT.file, highlight=False, width=max(OUT.width, _WIDTH))
    for mix, rows in results.items():
        console.print(_table(mix, rows))


def _table(mix: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"{mix}: events per CPU-second")
    for name in ("", "work", "does per event"):
        table.add_column(name, overflow="fold")
    for name in ("events", "cold", "warm"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        figures = (row["events"], row["events_per_cpu_second_cold"], row["events_per_cpu_second_warm"])
        does = row["does"] if row["why_not"] is None else f"left out: {row['why_not']}"
        table.add_row(row["title"], row["work"], Text(does), *map(_figure, figures))
    return table


def _figure(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
