"""`churn dlq redrive`: sends dead letters again."""

import time
from collections.abc import Iterable
from enum import StrEnum
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
from stream_app.bootstrap.deployment import broker_time_ms
from stream_app.ports.dead_letters import Letter


class StampedBy(StrEnum):
    """By which clock records that are sent again are dated."""

    now = "now"
    broker = "broker"


def redrive_letters(
    letters: Annotated[
        list[LetterId] | None,
        typer.Argument(parser=LetterId.parse, metavar="ID...", help="PARTITION/OFFSET, as listed."),
    ] = None,
    reason: ReasonOption = None,
    value: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with the repaired value of the one letter.")
    ] = None,
    timestamp: Annotated[
        StampedBy | None,
        typer.Option(
            metavar="now|broker",
            help="Date the records by this machine's clock, or by the broker's, whatever the letters say.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send dead letters again as new records, each once, unchanged or repaired. 1 if one of them was refused.

    An event without `recordedtime` keeps the time at which it was first sent, unless that was wrong: --timestamp.

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
    now_ms = _present(redrive, timestamp)
    outcomes = redrive.run(
        found, None if value is None else value.read_bytes(), now_ms, dated_now=timestamp is not None
    )
    _send(redrive, outcomes, len(found), missing, as_json=as_json)


def _present(redrive: Redrive, clock: StampedBy | None) -> int:
    if clock is StampedBy.broker:
        return broker_time_ms(redrive.kafka, redrive.topics.prefix)
    return time.time_ns() // 1_000_000


def _send(
    redrive: Redrive, outcomes: Iterable[Done | Refused], count: int, refused: list[Refused], *, as_json: bool
) -> None:
    sent: list[Done] = []
    with progress("Sending again", count, "letters") as advance:
        for outcome in outcomes:
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
