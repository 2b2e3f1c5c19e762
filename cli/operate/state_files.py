"""`churn export-state` and `churn import-state`: states with their positions, to files and back."""

import time
from pathlib import Path
from typing import Annotated

import typer

from cli.console import OUT, Advance, print_json, progress
from operations.states.files import Manifest, begin_export, read_manifest, write_manifest, write_partition
from operations.states.restore import restore
from operations.states.snapshot import take
from schemas.instants import format_instant
from stream_app.bootstrap.deployment import deployment_of, topic_log
from stream_app.bootstrap.engine import engine_of
from stream_app.deployment import Deployment
from stream_app.settings import Settings

_AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def export_state(
    directory: Annotated[Path, typer.Argument(file_okay=False, help="A new directory for this export.")],
    as_json: _AS_JSON = False,
) -> None:
    """Write all states with their positions to files, each partition as of one position, while workers run.

    A directory without manifest.json is an export that was cut off. Take exports at least twice within the retention
    of the events topic: one is of use as long as the log still has the records behind its positions.

    Example: churn export-state exports/2026-01-31
    """
    settings = Settings()
    deployment = deployment_of(settings)
    partitions = topic_log(deployment.kafka, deployment.topics.events, whole=False).partitions
    begin_export(directory)
    with progress("Exporting", None, "states") as advance:
        manifest = _export(settings, deployment, directory, partitions, advance)
    write_manifest(directory, manifest)
    _tell(f"{manifest.states:,} states of {manifest.partitions} partitions are in {directory}", manifest, as_json)


def import_state(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A complete export.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete the states of this app id that are in Redis first.")
    ] = False,
    as_json: _AS_JSON = False,
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
    _tell(f"{manifest.states:,} states are in Redis: start the workers", manifest, as_json)


def _export(settings: Settings, deployment: Deployment, directory: Path, partitions: int, advance: Advance) -> Manifest:
    engine = engine_of(settings)
    positions: list[int] = []
    states = 0
    files: dict[str, str] = {}
    for partition in range(partitions):
        snapshot = take(deployment, engine, partition, partitions)
        name, checksum = write_partition(directory, deployment.app_id, partition, snapshot)
        files[name] = checksum
        positions.append(snapshot.meta.position)
        states += len(snapshot.states)
        advance(len(snapshot.states))
    return Manifest(
        app_id=deployment.app_id,
        made_at=format_instant(time.time_ns() // 1_000_000),
        partitions=partitions,
        state_digest=engine.compiled.state_digest,
        positions=positions,
        states=states,
        files=files,
    )


def _tell(words: str, manifest: Manifest, as_json: bool) -> None:
    if as_json:
        print_json({"states": manifest.states, "partitions": manifest.partitions, "positions": manifest.positions})
    else:
        OUT.print(words, markup=False, soft_wrap=True)
