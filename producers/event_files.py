"""Event files: one structured CloudEvent a line, plain or packed. The way to bring one's own data."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from producers.line_faults import fault_of
from producers.line_files import numbered_lines, write_lines
from producers.openings import name_of
from schemas.errors import ContractViolation, Poison
from schemas.events import USER_EVENTS, Record
from schemas.instants import parse_instant
from schemas.values import decode_record


class EventLine(NamedTuple):
    """One line of an event file: where it stands, its bytes, what they say, and when it happened."""

    number: int
    raw: bytes
    record: Record
    time_ms: int


def read_events(path: Path, name: str = "") -> Iterator[EventLine]:
    """Every line of the file in its order. `name` is what messages call it.

    Raises ContractViolation naming file, line and fault at the first line that is no event as the schemas have it.
    """
    for number, raw in numbered_lines(path, name):
        try:
            yield _checked(number, raw)
        except (Poison, ValueError) as error:
            where, fault = f"{name or name_of(path)}:{number}", fault_of(raw, number, error)
            raise ContractViolation(f"{where}: this line is no event: {fault}") from error


def write_events(path: Path, events: Iterable[bytes]) -> int:
    """Write encoded events, one a line, as gzip when the name ends in .gz; returns how many there were."""
    return write_lines(path, events)


def _checked(number: int, raw: bytes) -> EventLine:
    if not raw:
        raise ValueError("it is empty: take it out, only the file's end may have blank lines")
    record = decode_record(raw)
    if isinstance(record, USER_EVENTS) and not record.subject:
        raise ValueError("it is about a user but names none in `subject`")
    if record.recordedtime is not None:
        _instant_ms("recordedtime", record.recordedtime)
    return EventLine(number, raw, record, _instant_ms("time", record.time))


def _instant_ms(attribute: str, text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ValueError(f"`{attribute}`: {error}") from error
