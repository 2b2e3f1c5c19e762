"""From the values of log records to typed records, all at once where that is safe.

One decoder call for a whole batch costs a third of one call a record. It is taken only when every value stands by
itself as JSON, so that joining them cannot change what any of them means; everything else is decoded one by one.
"""

import msgspec
import numpy as np

from schemas.errors import Poison
from schemas.events import USER_EVENTS, Record
from schemas.topics import MAX_EVENT_BYTES
from schemas.values import MAX_NESTING, decode_record
from stream_app.core.blocks import Block
from stream_app.core.intake.instants import instant_ms
from stream_app.core.kernels import Array, kernel, piece

QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY, COLON, COMMA = b'"\\{}[]:,'
_MOST_NAMES = 32
_OF_EVENT, _OF_DATA = 1, 2
"""How deep the names of an event, and those of its data, stand."""

_many: msgspec.json.Decoder[list[Record]] = msgspec.json.Decoder(list[Record])


def decode_all(block: Block) -> list[Record] | None:
    """The records of a batch, or None if they must be decoded one by one to tell which of them is poison."""
    begins, sizes = block.values
    if not len(sizes) or sizes.max() > MAX_EVENT_BYTES or sizes.min() <= 0:
        return None
    ends = np.cumsum(sizes + 1) - 1
    joined = np.empty(int(ends[-1]) + 2, np.uint8)
    _join(block.text, begins, ends, joined[1:])
    if not _stand_alone(joined[1:], ends, MAX_NESTING):
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
def _stand_alone(text: Array, ends: Array, deepest: int) -> bool:
    """Whether each value, up to its end, closes all that it opens, outside texts, is not nested too deep, and surely
    has no name twice in the event or in its data."""
    names = np.zeros((2, _OF_DATA + 1, _MOST_NAMES), np.int64)
    count = np.zeros(_OF_DATA + 1, np.int64)
    at = 0
    for i in range(len(ends)):
        depth = begin = end = 0
        in_text = False
        while at < ends[i]:
            byte = text[at]
            if byte == BACKSLASH and in_text:
                at += 1
            elif byte == QUOTE:
                in_text = not in_text
                begin, end = (at + 1, end) if in_text else (begin, at)
            elif not in_text and byte in (OPEN_OBJECT, OPEN_ARRAY):
                depth += 1
                if depth > deepest:
                    return False
                if depth <= _OF_DATA:
                    count[depth] = 0
            elif not in_text and byte in (CLOSE_OBJECT, CLOSE_ARRAY):
                depth -= 1
                if depth < 0:
                    return False
            elif not in_text and byte == COLON and _OF_EVENT <= depth <= _OF_DATA:
                if count[depth] == _MOST_NAMES or _is_named_before(text, begin, end, names[:, depth, : count[depth]]):
                    return False
                names[0, depth, count[depth]], names[1, depth, count[depth]] = begin, end
                count[depth] += 1
            at += 1
        if in_text or depth != 0 or at != ends[i]:
            return False
        at += 1
    return True


@piece
def _is_named_before(text: Array, begin: int, end: int, names: Array) -> bool:
    """Whether a name might be one of these: it is written alike, or has an escape in it."""
    for at in range(begin, end):
        if text[at] == BACKSLASH:
            return True
    for other in range(names.shape[1]):
        first = names[0, other]
        if names[1, other] - first == end - begin:
            different = np.uint8(0)
            for place in range(end - begin):
                different = np.uint8(different | (text[begin + place] ^ text[first + place]))
            if different == 0:
                return True
    return False
