"""`churn import-state`: puts exported states with their positions into Redis."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import progress
from cli.operate.export_state import say_done
from cli.options import AsJson
from operations.states.files import read_manifest
from operations.states.restore import restore
from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.engine import engine_of
from stream_app.settings import Settings


def import_state(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A complete export.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete the states of this app id that are in Redis first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put exported states into a Redis that has none of this app id. Stop all workers first, start them afterwards.

    Nothing is touched unless the whole export is sound and fits the log. If it is cut off, partitions stand still
    (`position_outside_log`) until it is run again. Check the result with `churn verify --from DIRECTORY`.

    Example: churn import-state exports/2026-01-31
    """
    settings = Settings()
    manifest = read_manifest(directory)
    digest = engine_of(settings).compiled.state_digest
    with progress("Importing", manifest.states, "states") as advance:
        restore(deployment_of(settings), digest, directory, manifest, advance, replace=replace)
    say_done(f"{manifest.states:,} states are in Redis: start the workers", manifest, as_json)
