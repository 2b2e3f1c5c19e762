"""The figures of a model for the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from training.card.tables import brief


def figure_table(title: str, found: Mapping[str, Any]) -> Table:
    """The figures that matter most, with intervals; the card has all."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("", "scored updates", "midnights"):
        table.add_column(heading)
    for row in brief(found):
        table.add_row(*row)
    return table
