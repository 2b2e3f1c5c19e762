"""`churn bench ledger`: what the long runs come to in sum."""

from pathlib import Path
from typing import Annotated

import typer

from cli.measure.bench.showing import show
from cli.options import AsJson
from proofs import run_ledger
from proofs.protocol_digest import protocol_digest, session_digest


def ledger(
    file: Annotated[Path, typer.Option(dir_okay=False, help="The ledger.")] = run_ledger.LEDGER,
    every: Annotated[
        bool, typer.Option("--all", help="All that the ledger holds: a sum for each protocol digest and commit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What long runs of `churn sim` and `churn chaos` come to in sum, as far as they ran the present protocol code.

    Example: churn bench ledger --all --json
    """
    if every:
        found = run_ledger.sums_by_code(file)
        show(
            {"sums": [code._asdict() | total for code, total in found.items()]}
            if as_json
            else {" ".join(code): total for code, total in found.items()},
            as_json,
        )
        return
    digests = {run_ledger.SCHEDULES: session_digest(), run_ledger.CHAOS: protocol_digest()}
    show({kind: run_ledger.sums(file, kind, digest) for kind, digest in digests.items()}, as_json)
