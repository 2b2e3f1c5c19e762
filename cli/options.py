"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from producers.openings import STDIN

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def readable(text: str) -> Path:
    """A file or pipe that there is, or - for the standard input. Raises BadParameter for anything else."""
    path = Path(text)
    if path != STDIN and not path.exists():
        raise typer.BadParameter(f"file {text!r} does not exist.")
    if path.is_dir():
        raise typer.BadParameter(f"file {text!r} is a directory.")
    return path
