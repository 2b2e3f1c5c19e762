"""What a source hands to the sender: an encoded event, whose it is, and when it happened."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from schemas.instants import parse_instant


class OutgoingEvent(NamedTuple):
    """An encoded event on its way to Kafka; `key` is the user's id."""

    key: bytes
    value: bytes
    time_ms: int


class _Address(msgspec.Struct):
    subject: str
    time: str


_DECODER: Final = msgspec.json.Decoder(_Address)


def address(lines: Iterable[bytes]) -> Iterator[OutgoingEvent]:
    """Put key and time beside encoded user events that are known to be valid."""
    for line in lines:
        event = _DECODER.decode(line)
        yield OutgoingEvent(event.subject.encode(), line, parse_instant(event.time))
