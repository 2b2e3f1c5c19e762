"""`churn export-state`: writes states with their positions to files."""

import time
from pathlib import Path
from typing import Annotated

import typer

from cli.console import OUT, OnProgress, print_json, progress
from cli.options import AsJson
from operations.states.files import ExportManifest, begin_export, write_manifest, write_partition
from operations.states.snapshot import take
from schemas.instants import format_instant
from stream_app.bootstrap.deployment import deployment_of, topic_log
from stream_app.bootstrap.engine import engine_of
from stream_app.deployment import Deployment
from stream_app.settings import Settings


def export_state(
    directory: Annotated[Path, typer.Argument(file_okay=False, help="A new directory for this export.")],
    as_json: AsJson = False,
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
    say_done(f"{manifest.states:,} states of {manifest.partitions} partitions are in {directory}", manifest, as_json)


def _export(
    settings: Settings, deployment: Deployment, directory: Path, partitions: int, advance: OnProgress
) -> ExportManifest:
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
    return ExportManifest(
        app_id=deployment.app_id,
        made_at=format_instant(time.time_ns() // 1_000_000),
        partitions=partitions,
        state_digest=engine.compiled.state_digest,
        positions=positions,
        states=states,
        files=files,
    )


def say_done(words: str, manifest: ExportManifest, as_json: bool) -> None:
    """Say what an export holds that was written or read."""
    if as_json:
        print_json({"states": manifest.states, "partitions": manifest.partitions, "positions": manifest.positions})
    else:
        OUT.print(words, markup=False, soft_wrap=True)
