"""`churn export-state` and `churn import-state`: states with their positions, to files and back."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from operations import state_files
from operations.importing import Import
from operations.stored_states import Snapshot, StoredStates
from schemas.errors import ContractViolation
from schemas.instants import format_instant
from schemas.topics import CUSTOMER_EVENTS
from stream_app import bootstrap
from stream_app.adapters.kafka_event_log import KafkaEventLog
from stream_app.adapters.topic_agreement import agreed_partitions
from stream_app.cli.console import OUT, print_json, progress
from stream_app.partition.refusals import refuse_other_log
from stream_app.settings import Settings

Directory = Annotated[Path, typer.Argument(file_okay=False, help="The export's directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def export_state(directory: Directory, as_json: AsJson = False) -> None:
    """Write the states of all partitions to files, each partition as of one position. Workers may go on meanwhile.

    Example: churn export-state exports/monday
    """
    settings = Settings()
    partitions = agreed_partitions(",".join(bootstrap.brokers(settings)), settings.topic_prefix)
    digest = bootstrap.engine(settings).compiled.state_digest
    with (
        StoredStates(bootstrap.redis_address(settings), settings.app_id) as stored,
        progress("Reading states", partitions, "partitions") as advance,
    ):
        snapshots = []
        for partition in range(partitions):
            snapshots.append(stored.read(partition) or Snapshot(0, None, digest, partitions, None, {}))
            advance(1)
    state_files.write(directory, settings.app_id, format_instant(time.time_ns() // 1_000_000), snapshots)
    _tell("Exported", directory, snapshots, as_json)


def import_state(
    directory: Directory,
    replace: Annotated[bool, typer.Option("--replace", help="Take away the states that are there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put exported states back into a Redis that lost them. Stop all workers first; they go on from the export.

    Example: churn import-state exports/monday
    """
    settings = Settings()
    kafka = ",".join(bootstrap.brokers(settings))
    snapshots = state_files.read(directory)
    _refuse_foreign(settings, snapshots, agreed_partitions(kafka, settings.topic_prefix))
    _refuse_other_log(kafka, settings.topic_prefix + CUSTOMER_EVENTS.name, snapshots)
    with (
        Import(bootstrap.redis_address(settings), settings.app_id, replace) as importing,
        progress("Writing states", len(snapshots), "partitions") as advance,
    ):
        for partition, snapshot in enumerate(snapshots):
            importing.put(partition, snapshot)
            advance(1)
    _tell("Imported", directory, snapshots, as_json)


def _refuse_foreign(settings: Settings, snapshots: Sequence[Snapshot], partitions: int) -> None:
    if len(snapshots) != partitions or any(one.partitions != partitions for one in snapshots):
        raise ContractViolation(
            f"the export has {len(snapshots)} partitions, the topic {partitions}: users would lose their state",
            state="other_partitions",
        )
    digest = bootstrap.engine(settings).compiled.state_digest
    if any(one.state_digest != digest for one in snapshots):
        raise ContractViolation(
            f"the export was made by another layout than this version's ({digest}): import it with the version that "
            "made it, or replay",
            state="foreign_state",
        )


def _refuse_other_log(kafka: str, topic: str, snapshots: Sequence[Snapshot]) -> None:
    for partition, one in enumerate(snapshots):
        bounds = asyncio.run(KafkaEventLog(kafka, topic, partition).inspect(one.position))
        refuse_other_log(one.position, one.anchor, bounds, partition)


def _tell(done: str, directory: Path, snapshots: Sequence[Snapshot], as_json: bool) -> None:
    users, positions = sum(len(one.states) for one in snapshots), [one.position for one in snapshots]
    if as_json:
        print_json({"directory": str(directory), "users": users, "positions": positions})
    else:
        OUT.print(f"{done} {users:,} users of {len(positions)} partitions, {sum(positions):,} records behind them")
