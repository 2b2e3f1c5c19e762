"""From the values of log records to typed records, all at once where that is safe.

One decoder call for a whole batch costs a third of one call a record. It is taken only when every value stands by
itself as JSON, so that joining them cannot change what any of them means; everything else is decoded one by one.
"""

import msgspec
import numpy as np

from schemas.errors import Poison
from schemas.events import USER_EVENTS, Record
from schemas.topics import MAX_EVENT_BYTES
from stream_app.core.blocks import Block
from stream_app.core.intake.instants import instant_ms
from stream_app.core.kernels import Array, kernel

MAX_NESTING = 100
"""Levels of JSON objects and arrays in an event: the decoder's own limit depends on who calls it."""

QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY, COMMA = b'"\\{}[],'
ALONE, OPEN, TOO_DEEP = range(3)
"""What a scan finds: every value stands by itself; one leaves something open; one is nested too deep."""

_one: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_many: msgspec.json.Decoder[list[Record]] = msgspec.json.Decoder(list[Record])


def decode_all(block: Block) -> list[Record] | None:
    """The records of a batch, or None if they must be decoded one by one to tell which of them is poison."""
    begins, sizes = block.values
    if not len(sizes) or sizes.max() > MAX_EVENT_BYTES or sizes.min() <= 0:
        return None
    ends = np.cumsum(sizes + 1) - 1
    joined = np.empty(int(ends[-1]) + 2, np.uint8)
    _join(block.text, begins, ends, joined[1:])
    if _scan(joined[1:], ends, MAX_NESTING) != ALONE:
        return None
    joined[0], joined[-1] = OPEN_ARRAY, CLOSE_ARRAY
    try:
        records = _many.decode(joined.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return records if len(records) == len(block) else None


def decode_each(block: Block) -> list[Record | Poison]:
    """The record that each value holds, or why it holds none."""
    records = decode_all(block)
    if records is None:
        return [_record_or_poison(block.value_at(place)) for place in range(len(block))]
    return [_timed(one) for one in records]


def _record_or_poison(value: bytes | None) -> Record | Poison:
    try:
        return _timed(decode_record(value))
    except Poison as poison:
        return poison


def _timed(record: Record) -> Record | Poison:
    """A control or clock record tells a time that exists. The times of events are looked at together, later."""
    if not isinstance(record, USER_EVENTS):
        try:
            instant_ms(record.time)
        except Poison as poison:
            return poison
    return record


def decode_record(value: bytes | None) -> Record:
    """The record that a value holds. Raises Poison: `undecodable`, `schema` or `too_large`."""
    if value is None:
        raise Poison("undecodable", "the record has no value")
    if len(value) > MAX_EVENT_BYTES:
        raise Poison("too_large", f"{len(value)} bytes, at most {MAX_EVENT_BYTES} are allowed")
    if _scan(np.frombuffer(value, np.uint8), np.array([len(value)], np.int64), MAX_NESTING) == TOO_DEEP:
        raise Poison("undecodable", f"nested more than {MAX_NESTING} levels deep")
    try:
        return _one.decode(value)
    except msgspec.ValidationError as error:
        raise Poison("schema", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Poison("undecodable", str(error)) from error


@kernel
def _join(text: Array, begins: Array, ends: Array, joined: Array) -> None:
    """Copy each value up to its end, and a comma behind it."""
    at = np.uint64(0)
    for i in range(len(ends)):
        away = np.uint64(begins[i]) - at
        for place in range(at, np.uint64(ends[i])):
            joined[place] = text[place + away]
        joined[ends[i]] = COMMA
        at = np.uint64(ends[i]) + np.uint64(1)


@kernel
def _scan(text: Array, ends: Array, deepest: int) -> int:
    """ALONE if each value, up to its end, closes all that it opens, outside texts; else what is wrong first."""
    at = 0
    for i in range(len(ends)):
        depth = 0
        in_text = False
        while at < ends[i]:
            byte = text[at]
            if byte == BACKSLASH and in_text:
                at += 1
            elif byte == QUOTE:
                in_text = not in_text
            elif not in_text and byte in (OPEN_OBJECT, OPEN_ARRAY):
                depth += 1
                if depth > deepest:
                    return TOO_DEEP
            elif not in_text and byte in (CLOSE_OBJECT, CLOSE_ARRAY):
                depth -= 1
                if depth < 0:
                    return OPEN
            at += 1
        if in_text or depth != 0 or at != ends[i]:
            return OPEN
        at += 1
    return ALONE
