"""`churn schemas`: whether the committed JSON Schemas still say what the types say."""

from typing import Annotated

import typer

from cli.console import OUT
from cli.modes import shared_with_others
from schemas import json_schema
from schemas.errors import ContractViolation


def schemas(
    write: Annotated[bool, typer.Option("--write", help="Bring the files up to date instead of only looking.")] = False,
) -> None:
    """Check that the JSON Schemas in schemas/json say what the types say; with --write, make them.

    Example: churn schemas --write
    """
    if write:
        with shared_with_others():
            changed = json_schema.write()
        _say_written(changed)
    elif drift := ", ".join(json_schema.drifted()):
        raise ContractViolation(f"schemas/json differs from the types ({drift}): run `churn schemas --write`.")
    else:
        OUT.print(f"{len(json_schema.RECORD_TYPES)} JSON Schemas agree with the types.")


def _say_written(changed: list[str]) -> None:
    OUT.print(f"Written: {', '.join(changed)}." if changed else "Nothing to write: all agree with the types.")
