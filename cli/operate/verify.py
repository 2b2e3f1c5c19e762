"""`churn verify`: whether states, alerts and dead letters are what the log comes to."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import OUT, print_json, progress, say, tell_of_another_digest
from cli.options import AsJson
from operations.states.files import read_manifest, read_partition
from operations.verify.findings import KINDS, Findings
from operations.verify.verification import Verification
from schemas.errors import ContractViolation
from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.engine import engine_of
from stream_app.settings import Settings


def verify(
    begin: Annotated[
        Path | None,
        typer.Option("--from", file_okay=False, help="Begin with this export, where the log has lost its beginning."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay the log up to the positions in Redis; compare every state bit for bit, every alert and dead letter.

    Exact while workers run and producers send, as each page of states is compared at its own position. Reads only. An
    alert that was published and whose events are not committed yet is compared with the replay continued. Begun with
    an export, what was decided before the export's positions is left out. Alerts that a version with other digests has
    published are compared by user, episode, sequence, status, source offset, vector and score alone.

    Exit codes: 0 all is equal, 1 something differs, 3 a service cannot be reached, 130 Ctrl-C.

    Example: churn verify --json
    """
    settings = Settings()
    export = read_manifest(begin) if begin else None
    verification = Verification(deployment_of(settings), engine_of(settings), whole=export is None)
    if export is not None and export.partitions != verification.log.partitions:
        raise ContractViolation(
            f"{begin} has {export.partitions} partitions, the topic {verification.log.partitions}: it is of another "
            "deployment"
        )
    with progress("Replaying", verification.log.offsets, "records") as advance:
        for partition in range(verification.log.partitions):
            start = read_partition(begin, export, partition) if begin and export else None
            verification.verify(partition, start, advance)
    _tell(verification.findings, as_json=as_json)


def _tell(findings: Findings, *, as_json: bool) -> None:
    if as_json:
        print_json(findings.figures())
    else:
        OUT.print(f"{findings.events:,} events of {findings.users:,} users replayed")
        for kind in KINDS:
            OUT.print(f"{kind.replace('_', ' ')}: {findings.differences[kind]:,}")
        tell_of_another_digest(findings.alerts_of_another_digest)
        if findings.letters_of_another_contract:
            OUT.print(
                f"{findings.letters_of_another_contract:,} of the dead letters were written under another contract "
                "(docs/runbook/upgrading.md): only their records were compared"
            )
    if not findings.exact:
        for difference in findings.first_differences:
            say(difference)
        raise ContractViolation(
            "the deployment is not what its log comes to: keep topics and Redis as they are, and see docs/runbook"
        )
