"""`churn dlq list`: the dead letters, and where those have gone that were sent again."""

from typing import Annotated

import typer

from cli.console import OUT, print_json
from cli.operate.dlq.letter_table import counted, render, summary
from cli.operate.dlq.letters import ReasonOption, deployed, read_all
from cli.options import AsJson
from schemas.display import escaped


def list_letters(
    reason: ReasonOption = None,
    partition: Annotated[int | None, typer.Option(min=0, help="Only letters of this partition.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters, and where those have gone that were sent again.

    Example: churn dlq list --reason schema
    """
    redrive = deployed()
    letters = [one for one in read_all(redrive, reason) if partition in (None, one.partition)]
    ledger = redrive.ledger.read()
    if as_json:
        print_json({"letters": [summary(one, ledger) for one in letters], "by_reason": counted(letters)})
        return
    OUT.print(render(letters, ledger))
    by_reason = counted(letters)
    counts = ", ".join(f"{count:,} {escaped(name)}" for name, count in by_reason.items())
    OUT.print(counts or "There is no dead letter.", markup=False)
