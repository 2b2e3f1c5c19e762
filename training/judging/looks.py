"""The ledger of looks: every time anybody saw how a model does on the log that stands for reality.

A log that is looked at often enough becomes one that was tuned on. So looks are counted, and the model card lists them.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from schemas.errors import ContractViolation

LEDGER_FILE = "looks.jsonl"


class Look(msgspec.Struct, kw_only=True, frozen=True):
    """One look, or several of a kind: when (UTC date), at which model, at what of it, and what was seen.

    `times` is None for a look that is taken again and again, such as by a test.
    """

    date: str
    model: str
    looked_at: str
    figure: str
    times: int | None = 1


def read_looks(ledger: Path) -> list[Look]:
    """All looks, oldest first; none when there is no ledger. Raises ContractViolation for a line that is no look."""
    if not ledger.exists():
        return []
    try:
        return msgspec.json.Decoder(Look).decode_lines(ledger.read_bytes())
    except msgspec.DecodeError as error:
        raise ContractViolation(f"{ledger} is no ledger of looks: {error}; restore it from version control") from error


def note_look(ledger: Path, look: Look) -> None:
    """Append a look. Lines are never taken out."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("ab") as file:
        file.write(msgspec.json.encode(look) + b"\n")


def counted(looks: Sequence[Look]) -> int:
    """How many looks there have been, those that are taken again and again left out."""
    return sum(look.times or 0 for look in looks)
