"""Sending dead letters again: the ledger of it in `customer-events-dlq`, and the header that a record sent again has.

The ledger's records stand in the partition of their letter. `begun` is the record as it is to be sent, with headers
that say where to and as which producer. Of several `begun` of one letter the first counts, and no other is ever sent.
Those of one producer that count, in the ledger's order, are sent as one batch; whoever finds them may send it, since
brokers take it once. `done` says which offset each got.
"""

from collections.abc import Iterable
from typing import NamedTuple, Self

from msgspec import Struct

HEADER_PREFIX = "__churn.redrive."
OF = HEADER_PREFIX + "of"
"""Names the letter, `partition/offset` in the dead-letter topic; a record that was sent again has this header only."""


class LetterId(NamedTuple):
    """Where a dead letter stands in the dead-letter topic."""

    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the form `partition/offset`. Raises ValueError."""
        partition, slash, offset = text.partition("/")
        if not (slash and partition.isdecimal() and offset.isdecimal()):
            raise ValueError(f"{text!r} is no letter: write PARTITION/OFFSET, as `churn dlq list` shows it")
        return cls(int(partition), int(offset))

    def __str__(self) -> str:
        """In the form `partition/offset`."""
        return f"{self.partition}/{self.offset}"


class Begun(Struct, kw_only=True, frozen=True):
    """The partition of the events that a letter is to be sent to, the offset behind its last record at that moment,
    and the producer, by id and epoch, that sends it.
    """

    of: LetterId
    partition: int
    end: int
    producer: int
    epoch: int


class Done(Struct, kw_only=True, frozen=True):
    """Where in the events a letter stands again."""

    of: LetterId
    partition: int
    offset: int


LedgerEntry = Begun | Done
_STATES: dict[str, type[LedgerEntry]] = {"begun": Begun, "done": Done}


def to_headers(entry: LedgerEntry) -> list[tuple[str, bytes]]:
    """The headers of a record of the ledger, beside the record's own."""
    state = next(name for name, kind in _STATES.items() if isinstance(entry, kind))
    said = {"state": state} | {field: str(getattr(entry, field)) for field in entry.__struct_fields__}
    return [(HEADER_PREFIX + name, text.encode()) for name, text in said.items()]


def read_entry(headers: Iterable[tuple[str, bytes | None]]) -> LedgerEntry | None:
    """What a record's headers say as a record of the ledger; None for any other record."""
    said = {
        name.removeprefix(HEADER_PREFIX): (value or b"").decode("utf-8", "replace")
        for name, value in headers
        if name.startswith(HEADER_PREFIX)
    }
    kind = _STATES.get(said.pop("state", ""))
    if kind is None or said.keys() < set(kind.__struct_fields__):
        return None
    try:
        numbers = {field: int(said[field]) for field in kind.__struct_fields__ if field != "of"}
        return kind(of=LetterId.parse(said["of"]), **numbers)
    except ValueError:
        return None


def letter_of(headers: Iterable[tuple[str, bytes | None]]) -> LetterId | None:
    """The letter that a record of the events was sent again from; None for any other record."""
    found = [value or b"" for name, value in headers if name == OF]
    try:
        return LetterId.parse(found[-1].decode("utf-8", "replace")) if found else None
    except ValueError:
        return None


def without_redrive(headers: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The headers that a record has beside those of sending it again."""
    return [(name, value) for name, value in headers if not name.startswith(HEADER_PREFIX)]
