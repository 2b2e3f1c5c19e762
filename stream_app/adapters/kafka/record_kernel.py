"""Finds the records of unpacked batches: one pass over the bytes, which looks at none behind a batch's end."""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_app.core.kernels import Array, Word, kernel, piece
from stream_app.core.tables import Bytes, Integers


class BatchRow(NamedTuple):
    """An unpacked batch: where in the text its records stand, and what they count from.

    `appended` is 1 where the broker's time `most_ms` is that of every record; else each counts from `first_ms`.
    """

    begin: int
    end: int
    records: int
    base_offset: int
    last_delta: int
    first_ms: int
    most_ms: int
    appended: int


_BEGIN, _END, _RECORDS, _BASE, _LAST, _FIRST_MS, _MOST_MS, _APPENDED = range(len(BatchRow._fields))

OFFSET, TIMESTAMP, KEY, KEY_SIZE, VALUE, VALUE_SIZE, HEADERS, HEADERS_SIZE = range(8)
"""Rows of the columns; places are counted from the text's first byte, a size of -1 stands for none."""
COLUMNS: Final = 8
LEAST_BYTES: Final = 7
"""Of a record: one each for its size, attributes, time, offset, key, value and headers."""


class Flaw(IntEnum):
    """What is wrong with a batch."""

    NONE = 0
    RECORD_SIZE = 1
    CUT_OFF = 2
    OFFSETS = 3
    TOO_LARGE = 4
    BYTES_LEFT = 5
    ATTRIBUTES = 6


WORDS: Final = {
    Flaw.RECORD_SIZE: "the size of a record is not that of what it holds",
    Flaw.CUT_OFF: "a record is cut off",
    Flaw.OFFSETS: "its offsets do not rise within its bounds",
    Flaw.TOO_LARGE: "a record is too large",
    Flaw.BYTES_LEFT: "there are bytes behind its records",
    Flaw.ATTRIBUTES: "a record has attributes that nobody gives",
}


def find_records(
    text: Bytes, batches: NDArray[np.int64], wanted: int, largest: int, columns: Integers
) -> tuple[int, int, Flaw]:
    """Note every record from the wanted offset on in the columns.

    How many they are, in how many batches, and what is wrong with the batch behind those.
    """
    records, read, fault = _find_records(text, batches, wanted, largest, columns)
    return records, read, Flaw(fault)


_LOST = np.uint64(0xFFFFFFFFFFFFFFFF)
"""The place behind a number that does not end: so nothing more is read."""
_ONE, _SEVEN, _MORE, _BITS, _MOST_SHIFT = (np.uint64(number) for number in (1, 7, 0x80, 0x7F, 63))
_NO_FAULT, _RECORD_SIZE, _CUT_OFF, _OFFSETS, _TOO_LARGE, _BYTES_LEFT, _ATTRIBUTES = (int(fault) for fault in Flaw)


@kernel
def _find_records(text: Array, batches: Array, wanted: int, largest: int, columns: Array) -> tuple[int, int, int]:
    count = 0
    for i in range(len(batches)):
        at: Word = np.uint64(batches[i, _BEGIN])
        end = np.uint64(batches[i, _END])
        before: Word = np.int64(-1)
        begun = count
        for _ in range(batches[i, _RECORDS]):
            size, at = _number(text, at, end)
            if at == _LOST:
                return begun, i, _CUT_OFF
            if size < 0 or np.uint64(size) > end - at:
                return begun, i, _CUT_OFF
            if size > largest:
                return begun, i, _TOO_LARGE
            stop = at + np.uint64(size)
            if at < stop and np.uint64(text[at]) >= _MORE:
                return begun, i, _ATTRIBUTES
            passed, at = _number(text, at + _ONE, stop)
            delta, at = _number(text, at, stop)
            key, key_size, at = _text(text, at, stop)
            value, value_size, at = _text(text, at, stop)
            if at >= stop:
                return begun, i, _RECORD_SIZE
            if delta <= before or delta > batches[i, _LAST]:
                return begun, i, _OFFSETS
            before = delta
            offset = batches[i, _BASE] + delta
            if offset >= wanted:
                columns[0, count] = offset
                columns[1, count] = batches[i, _MOST_MS] if batches[i, _APPENDED] else batches[i, _FIRST_MS] + passed
                columns[2, count] = key
                columns[3, count] = key_size
                columns[4, count] = value
                columns[5, count] = value_size
                columns[6, count] = at
                columns[7, count] = -1 if text[at] == 0 else np.int64(stop - at)
                count += 1
            at = stop
        if at != end:
            return begun, i, _BYTES_LEFT
    return count, len(batches), _NO_FAULT


@piece
def _text(text: Array, at: Word, end: Word) -> tuple[Word, Word, Word]:
    """Where the text that begins with its size stands, its size or -1, and the place behind it."""
    size, at = _number(text, at, end)
    if at == _LOST:
        return 0, -1, _LOST
    if size < 0:
        return np.int64(at), -1, at
    if np.uint64(size) > end - at:
        return 0, -1, _LOST
    return np.int64(at), size, at + np.uint64(size)


@piece
def _number(text: Array, at: Word, end: Word) -> tuple[Word, Word]:
    """The number that stands there, in the base 128 and with its sign lowest, and the place behind it."""
    value, shift = np.uint64(0), np.uint64(0)
    while at < end and shift <= _MOST_SHIFT:
        byte = np.uint64(text[at])
        at += _ONE
        value |= (byte & _BITS) << shift
        if byte < _MORE:
            return np.int64(value >> _ONE) ^ -np.int64(value & _ONE), at
        shift += _SEVEN
    return np.int64(0), _LOST
