"""`churn dlq redrive`: sends dead letters again."""

import time
from pathlib import Path
from typing import Annotated

import typer

from cli.console import ERR, OUT, print_json, progress
from cli.operate.dlq.letter_table import printable
from cli.operate.dlq.letters import ReasonOption, deployed, read_all
from cli.options import AsJson
from operations.redrive.redrive import Redrive, Refused, chosen
from schemas.errors import ContractViolation
from schemas.redrives import Done, LetterId
from stream_app.ports.dead_letters import Letter


def redrive_letters(
    letters: Annotated[
        list[LetterId] | None,
        typer.Argument(parser=LetterId.parse, metavar="ID...", help="PARTITION/OFFSET, as listed."),
    ] = None,
    reason: ReasonOption = None,
    value: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with the repaired value of the one letter.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters again as new records, each once, unchanged or repaired. 1 if one of them was refused.

    Example: churn dlq redrive 3/17 --value event.json
    """
    if bool(letters) == (reason is not None):
        raise typer.BadParameter("name letters by their ID, or choose them with --reason")
    if value is not None and len(letters or ()) != 1:
        raise typer.BadParameter("--value repairs one letter: name exactly one")
    redrive = deployed()
    if letters:
        found, missing = chosen(read_all(redrive), letters)
    else:
        found, missing = _not_sent_again(redrive, reason), []
    _send(redrive, found, missing, None if value is None else value.read_bytes(), as_json=as_json)


def _send(
    redrive: Redrive, letters: list[Letter], refused: list[Refused], value: bytes | None, *, as_json: bool
) -> None:
    sent: list[Done] = []
    with progress("Sending again", len(letters), "letters") as advance:
        for outcome in redrive.run(letters, value, time.time_ns() // 1_000_000):
            advance(1)
            if isinstance(outcome, Done):
                sent.append(outcome)
                if not as_json:
                    where = f"{redrive.topics.events} {outcome.partition}/{outcome.offset}"
                    OUT.print(f"{outcome.of} → {where}", markup=False, soft_wrap=True)
            else:
                refused.append(outcome)
    if as_json:
        print_json(
            {
                "sent": [{"id": str(one.of), "partition": one.partition, "offset": one.offset} for one in sent],
                "refused": [{"id": str(one.of), "why": one.why} for one in refused],
            }
        )
    for one in refused:
        ERR.print(f"{one.of} {printable(one.why.encode())}", markup=False, soft_wrap=True)
    if refused:
        raise ContractViolation(f"{len(refused)} of {len(sent) + len(refused)} letters were refused: see above why")


def _not_sent_again(redrive: Redrive, reason: str | None) -> list[Letter]:
    done = redrive.ledger.read().done
    return [letter for letter in read_all(redrive, reason) if letter.id not in done]
