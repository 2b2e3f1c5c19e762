"""How dead letters are shown: as a table, as JSON, as text that no terminal acts upon."""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from operations.redrive.ledger import Ledger
from schemas.dead_letters import Rejection
from schemas.display import escaped
from schemas.instants import shown_instant
from stream_app.ports.dead_letters import Letter


def printable(data: bytes | None) -> str:
    """Bytes as text; what is no text, or would steer a terminal, is written as an escape."""
    return "(none)" if data is None else escaped(data.decode("utf-8", "backslashreplace"), but="\n")


def render(letters: Sequence[Letter], ledger: Ledger) -> Table:
    """One line a letter."""
    table = Table(title="Dead letters", expand=True)
    for name in ("letter", "source", "reason"):
        table.add_column(name, no_wrap=True)
    table.add_column("message", ratio=1)
    table.add_column("sent", no_wrap=True)
    table.add_column("sent again", no_wrap=True)
    for letter in letters:
        why = letter.rejection
        message = Text(printable(why.message.encode()))
        when = shown_instant(why.timestamp)[:16].replace("T", " ")
        table.add_row(str(letter.id), source(why), Text(escaped(why.reason)), message, when, state(letter, ledger))
    return table


def source(why: Rejection) -> str:
    """Where the record stood in the events."""
    return f"{why.partition}/{why.offset}"


def state(letter: Letter, ledger: Ledger) -> str:
    """Where a letter was sent again, or that this was begun; empty for one that was not."""
    done = ledger.done.get(letter.id)
    if done is not None:
        return f"{done.partition}/{done.offset}"
    return "begun" if letter.id in ledger.begun else ""


def counted(letters: Iterable[Letter]) -> dict[str, int]:
    """How many letters there are of each reason, most first."""
    return dict(Counter(letter.rejection.reason for letter in letters).most_common())


def summary(letter: Letter, ledger: Ledger) -> dict[str, Any]:
    """A letter without its contents, for JSON."""
    why = letter.rejection
    return {
        "id": str(letter.id),
        "topic": why.topic,
        "partition": why.partition,
        "offset": why.offset,
        "reason": why.reason,
        "message": why.message,
        "sent_at": shown_instant(why.timestamp),
        "redriven": state(letter, ledger) or None,
    }


def whole(letter: Letter, ledger: Ledger) -> dict[str, Any]:
    """A letter with all that it contains, for JSON; bytes in base64."""
    record = letter.record
    return {
        **summary(letter, ledger),
        "key_base64": _base64(record.key),
        "value_base64": _base64(record.value),
        "headers": [[name, printable(value)] for name, value in record.headers],
    }


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
