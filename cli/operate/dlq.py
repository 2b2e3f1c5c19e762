"""`churn dlq`: looks at the dead letters of a deployment and sends them again."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from cli.console import ERR, OUT, print_json, progress
from cli.operate.dlq_table import counted, printable, render, source, state, summary, whole
from operations.redrive.redrive import Redrive, Refused, chosen
from schemas.dead_letters import Reason
from schemas.errors import ContractViolation
from schemas.redrives import Done, LetterId
from stream_app.bootstrap.deployment import deployment_of, topic_log
from stream_app.ports.dead_letters import Letter, read_letters
from stream_app.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Look at dead letters, send them again.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Id = Annotated[LetterId, typer.Argument(parser=LetterId.parse, metavar="ID", help="PARTITION/OFFSET, as listed.")]
ReasonOption = Annotated[Reason | None, typer.Option(help="Only letters that were rejected for this reason.")]


@app.command(name="list")
def list_letters(
    reason: ReasonOption = None,
    partition: Annotated[int | None, typer.Option(min=0, help="Only letters of this partition.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters, and where those have gone that were sent again.

    Example: churn dlq list --reason schema
    """
    between = _redrive()
    letters = [one for one in _letters(between, reason) if partition in (None, one.partition)]
    ledger = between.ledger.read()
    if as_json:
        print_json({"letters": [summary(one, ledger) for one in letters], "by_reason": counted(letters)})
        return
    OUT.print(render(letters, ledger))
    by_reason = counted(letters)
    OUT.print(", ".join(f"{count:,} {name}" for name, count in by_reason.items()) or "There is no dead letter.")


@app.command()
def show(
    letter: Id,
    as_json: AsJson = False,
    value: Annotated[bool, typer.Option("--value", help="Print the value's bytes and nothing else.")] = False,
) -> None:
    """Show one dead letter whole, or write out its value to be repaired.

    Example: churn dlq show 3/17 --value > event.json
    """
    between = _redrive()
    (found,) = _found(between, [letter])
    if value:
        sys.stdout.buffer.write(found.record.value or b"")
        sys.stdout.buffer.flush()
    elif as_json:
        print_json(whole(found, between.ledger.read()))
    else:
        _show(found, state(found, between.ledger.read()))


@app.command()
def redrive(
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
    between = _redrive()
    if letters:
        found, missing = chosen(_letters(between), letters)
    else:
        found, missing = _not_sent_again(between, reason), []
    _send(between, found, missing, None if value is None else value.read_bytes(), as_json=as_json)


def _send(
    between: Redrive, letters: list[Letter], refused: list[Refused], value: bytes | None, *, as_json: bool
) -> None:
    sent: list[Done] = []
    with progress("Sending again", len(letters), "letters") as advance:
        for outcome in between.run(letters, value, time.time_ns() // 1_000_000):
            advance(1)
            if isinstance(outcome, Done):
                sent.append(outcome)
                if not as_json:
                    OUT.print(
                        f"{outcome.of} → {between.topics.events} {outcome.partition}/{outcome.offset}", soft_wrap=True
                    )
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


def _redrive() -> Redrive:
    deployment = deployment_of(Settings())
    return Redrive(deployment.kafka, deployment.topics)


def _letters(between: Redrive, reason: Reason | None = None) -> list[Letter]:
    log = topic_log(between.kafka, between.topics.letters, whole=False)
    return [letter for letter in read_letters(log) if reason in (None, letter.rejection.reason)]


def _not_sent_again(between: Redrive, reason: Reason | None) -> list[Letter]:
    done = between.ledger.read().done
    return [letter for letter in _letters(between, reason) if letter.id not in done]


def _found(between: Redrive, ids: list[LetterId]) -> list[Letter]:
    letters, missing = chosen(_letters(between), ids)
    if missing:
        raise ContractViolation(f"there is no dead letter {missing[0].of}: `churn dlq list` shows those that there are")
    return letters


def _show(letter: Letter, sent_again: str) -> None:
    why = letter.rejection
    lines = [
        f"letter      {letter.id}, rejected as {why.reason}: {printable(why.message.encode())}",
        f"source      {why.topic} {source(why)}",
        f"sent again  {sent_again or 'no'}",
        f"key         {printable(letter.record.key)}",
        *(f"header      {printable(name.encode())}: {printable(value)}" for name, value in letter.record.headers),
        printable(letter.record.value),
    ]
    for line in lines:
        OUT.print(line, markup=False, soft_wrap=True)
