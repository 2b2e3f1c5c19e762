"""`churn dlq show`: one dead letter whole."""

import sys
from typing import Annotated

import typer

from cli.console import OUT, print_json
from cli.operate.dlq.letter_table import printable, source, state, whole
from cli.operate.dlq.letters import Id, deployed, read_all
from cli.options import AsJson
from operations.redrive.originals import original
from operations.redrive.redrive import Redrive, chosen
from schemas.errors import ContractViolation
from schemas.redrives import LetterId
from stream_app.ports.dead_letters import Letter


def show_letter(
    letter: Id,
    as_json: AsJson = False,
    value: Annotated[bool, typer.Option("--value", help="Print the value's bytes and nothing else.")] = False,
) -> None:
    """Show one dead letter whole, or write out its value to be repaired.

    Example: churn dlq show 3/17 --value > event.json
    """
    redrive = deployed()
    found = _found(redrive, letter)
    if value:
        whole_letter = original(found, redrive.kafka)
        if isinstance(whole_letter, str):
            raise ContractViolation(f"the letter {letter} {whole_letter}")
        sys.stdout.buffer.write(whole_letter.record.value or b"")
        sys.stdout.buffer.flush()
    elif as_json:
        print_json(whole(found, redrive.ledger.read()))
    else:
        _show(found, state(found, redrive.ledger.read()))


def _found(redrive: Redrive, letter: LetterId) -> Letter:
    letters, _ = chosen(read_all(redrive), [letter])
    if not letters:
        raise ContractViolation(f"there is no dead letter {letter}: `churn dlq list` shows those that there are")
    return letters[0]


def _show(letter: Letter, sent_again: str) -> None:
    why = letter.rejection
    lines = [
        f"letter      {letter.id}, rejected as {why.reason}: {printable(why.message.encode())}",
        f"source      {why.topic} {source(why)}",
        f"sent again  {sent_again or 'no'}",
        *([f"value       the beginning of {why.size:,} bytes, SHA-256 {why.sha256}"] if why.sha256 else []),
        f"key         {printable(letter.record.key)}",
        *(f"header      {printable(name.encode())}: {printable(value)}" for name, value in letter.record.headers),
        printable(letter.record.value),
    ]
    for line in lines:
        OUT.print(line, markup=False, soft_wrap=True)
