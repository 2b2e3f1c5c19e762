"""`churn verify`: whether what stands in Redis and in the topics is one fold of the log."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from operations import state_files
from operations.stored_states import Snapshot, StoredStates
from operations.verification import Verdict
from operations.verify import records_to_read
from operations.verify import verify as run
from schemas.errors import ContractViolation
from schemas.topics import TOPICS
from stream_app import bootstrap
from stream_app.cli.console import ERR, OUT, print_json, progress
from stream_app.settings import Settings


def verify(
    export: Annotated[
        Path | None,
        typer.Option("--from", help="Begin with the states of this export, where the log no longer begins at 0."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Replay the log; compare every state in Redis bit for bit, every alert and dead letter. 1 if anything differs.

    Workers may go on meanwhile: each partition is compared as of the position that it has when its turn comes.

    Example: churn verify --json
    """
    settings = Settings()
    kafka, redis_url = ",".join(bootstrap.brokers(settings)), bootstrap.redis_address(settings)
    events, alerts, letters = (settings.topic_prefix + topic.name for topic in TOPICS)
    begun: list[Snapshot] | None = state_files.read(export) if export else None
    total = records_to_read(kafka, events, begun)
    with StoredStates(redis_url, settings.app_id) as stored, progress("Verifying", total, "records") as advance:
        found = run(bootstrap.engine(settings), kafka, (events, alerts, letters), stored, begun, advance)
    if as_json:
        print_json({**asdict(found), "exact": found.exact})
    else:
        OUT.print(_table(found))
    if not found.exact:
        for difference in found.first_differences:
            ERR.print(difference, markup=False, soft_wrap=True)
        raise ContractViolation(
            "what stands is not what the log says: keep the topics and Redis as they are, see docs/runbook/verify.md"
        )


def _table(found: Verdict) -> Table:
    table = Table("what", "how many")
    for name, value in asdict(found).items():
        if isinstance(value, int):
            table.add_row(name.replace("_", " "), f"{value:,}")
    return table
