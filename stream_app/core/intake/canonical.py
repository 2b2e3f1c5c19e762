"""Activity events in canonical form, found in the bytes of a batch without an object for any of them.

A record is taken only where no doubt is left about what the decoder (`intake.decoding`) would make of it: plain
JSON texts in printable ASCII, no attribute twice, none unknown. Of every other record nothing is said here.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.topics import MAX_EVENT_BYTES
from stream_app.core.kernels import Array, Word, kernel, piece
from stream_app.core.tables import Integers

Bytes = NDArray[np.uint8]

ID, SOURCE, TIME, RECORDED, SUBJECT, ACTION, SESSION, SPEC, TYPE, CONTENT, KEY, DATA = range(12)
_KEPT: Final = 6
"""So many of the attributes, the first, are of further use once a record is taken."""
_NAMES: Final = (
    *("id", "source", "time", "recordedtime", "subject", "action"),
    *("session_ref", "specversion", "type", "datacontenttype", "partitionkey", "data"),
)
_OF_DATA: Final = 1 << ACTION | 1 << SESSION
_REQUIRED: Final = sum(1 << key for key in (ID, SOURCE, TIME, SUBJECT, ACTION, SPEC, TYPE, DATA))

_ANY_SIZE: Final = (0, 1 << 40)
_LIMITS: Final[dict[int, tuple[int, int]]] = {
    ID: (1, 256),
    SOURCE: (1, 256),
    TIME: (24, 24),
    RECORDED: (24, 24),
    SUBJECT: (1, 200),
    ACTION: (1, 64),
    SPEC: (3, 3),
    TYPE: (17, 17),
}
_SIZES = np.array([_LIMITS.get(key, _ANY_SIZE) for key in range(12)], np.int64)
"""Fewest and most bytes of each attribute's text."""

_SPEC_TEXT = np.frombuffer(b"1.0", np.uint8)
_TYPE_TEXT = np.frombuffer(b"churn.activity.v1", np.uint8)

_ONE, _WORD, _EACH, _HIGH = np.uint64(1), np.uint64(8), np.uint64(0x0101010101010101), np.uint64(0x80)
"""Places in a text are unsigned: a signed one might count from the end, and that would be looked into at each step."""
_QUOTE, _BACKSLASH, _OPEN, _CLOSE, _COLON, _COMMA, _SPACE, _DELETE = (np.uint64(byte) for byte in b'"\\{}:, \x7f')
_SLUG = np.array([chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789_" for byte in range(256)], np.bool_)


def _halves(name: bytes) -> tuple[int, int]:
    return int.from_bytes(name[:8], "little"), int.from_bytes(name[8:], "little")


_WORDS = np.array([_halves(name.encode()) for name in _NAMES], np.uint64)
_MASKS = np.array([_halves(b"\xff" * size) for size in range(17)], np.uint64)
_ROOM: Final = b"\0" * 24
"""Words are read at any place in a value: so there is room for three behind the last."""


class Found(NamedTuple):
    """The records of a batch that are canonical activity events, and where in its bytes their attributes stand.

    text    uint8  the values, each with a line feed behind it, and some room
    taken   bool   per record: whether it is such an event; where it is not, all its attributes are empty
    begins  int64  per attribute and record: its first byte in the text
    sizes   int64  per attribute and record: how many bytes it has; 0 where there is no recordedtime
    """

    text: Bytes
    taken: NDArray[np.bool_]
    begins: Integers
    sizes: Integers


def find(values: Sequence[bytes]) -> Found:
    """Look into every value of a batch."""
    text = np.frombuffer(b"\n".join([*values, _ROOM]), np.uint8)
    ends = np.cumsum(np.fromiter(map(len, values), np.int64, len(values)) + 1)
    taken = np.zeros(len(values), np.bool_)
    spans = np.zeros((2, _KEPT, len(values)), np.int64)
    _find(text, ends, MAX_EVENT_BYTES, spans, taken)
    return Found(text, taken, spans[0], spans[1])


@kernel
def _find(text: Array, ends: Array, largest: int, spans: Array, taken: Array) -> None:
    """Each value ends in a line feed, which is nowhere let pass: so no value is left at any but its own."""
    begin = np.uint64(0)
    for i in range(len(ends)):
        end = np.uint64(ends[i])
        if end - _ONE - begin <= np.uint64(largest):
            taken[i] = _take(text, begin, end - _ONE, spans, i)
        if not taken[i]:
            spans[:, :, i] = 0
        begin = end


@kernel
def _take(text: Array, at: Word, end: Word, spans: Array, i: int) -> bool:
    """Whether the value is an object of known attributes; their places are noted."""
    if text[at] != _OPEN:
        return False
    seen = 0
    inside = False
    while True:
        at = _spaces(text, at + _ONE)
        begin = at + _ONE
        at = _text(text, at)
        key = _named(text, begin, at)
        if text[at] != _QUOTE or key < 0 or seen >> key & 1 or (_OF_DATA >> key & 1) != inside:
            return False
        seen |= 1 << key
        at = _spaces(text, at + _ONE)
        if text[at] != _COLON:
            return False
        at = _spaces(text, at + _ONE)
        if key == DATA:
            if text[at] != _OPEN:
                return False
            inside = True
            continue
        begin = at + _ONE
        at = _text(text, at)
        if text[at] != _QUOTE or not _allowed(text, key, begin, at):
            return False
        if key < _KEPT:
            spans[0, key, i] = begin
            spans[1, key, i] = at - begin
        at = _spaces(text, at + _ONE)
        if inside and text[at] == _CLOSE:
            inside = False
            at = _spaces(text, at + _ONE)
        if text[at] != _COMMA:
            return not inside and text[at] == _CLOSE and at + _ONE == end and seen & _REQUIRED == _REQUIRED


@piece
def _spaces(text: Array, at: Word) -> Word:
    """The first place that is no space."""
    while text[at] == _SPACE:
        at += _ONE
    return at


@piece
def _text(text: Array, at: Word) -> Word:
    """Where the plain text that is opened here is closed; a place without a quote if it is not, or none is opened."""
    if text[at] != _QUOTE:
        return at
    at += _ONE
    while True:
        marks = _not_plain(_word(text, at))
        if marks:
            return at + _bytes_below(marks)
        at += _WORD


@piece
def _word(text: Array, at: Word) -> Word:
    """Eight bytes as a number, the first lowest; compiled to one instruction."""
    word = np.uint64(text[at])
    for byte in range(1, 8):
        word |= np.uint64(text[at + np.uint64(byte)]) << np.uint64(8 * byte)
    return word


@piece
def _not_plain(word: Word) -> Word:
    """The highest bit of the lowest byte that is not plain is the lowest bit set; 0 if all eight are plain."""
    marks = word | (word - _EACH * _SPACE) & ~word
    for byte in (_QUOTE, _BACKSLASH, _DELETE):
        other = word ^ _EACH * byte
        marks |= (other - _EACH) & ~other
    return marks & _EACH * _HIGH


@piece
def _bytes_below(marks: Word) -> Word:
    """How many bytes lie below the one whose highest bit is the lowest bit set."""
    below = (marks & (~marks + _ONE)) - _ONE
    return (((below & _EACH) * _EACH) >> np.uint64(56)) - _ONE


@piece
def _named(text: Array, begin: Word, end: Word) -> int:
    """The attribute of this name, or -1. A name is compared as two numbers: it is short."""
    size = end - begin
    if size >= np.uint64(len(_MASKS)):
        return -1
    low, high = _word(text, begin) & _MASKS[size, 0], _word(text, begin + _WORD) & _MASKS[size, 1]
    for key in range(len(_WORDS)):
        if _WORDS[key, 0] == low and _WORDS[key, 1] == high:
            return key
    return -1


@piece
def _allowed(text: Array, key: int, begin: Word, end: Word) -> bool:
    """Whether an attribute may have this text; times are looked at later."""
    size = np.int64(end - begin)
    if size < _SIZES[key, 0] or size > _SIZES[key, 1]:
        return False
    if key == ACTION:
        for place in range(begin, end):
            if not _SLUG[text[place]]:
                return False
        return bool(text[begin] >= ord("a"))
    if key == SPEC:
        return _same(text, begin, _SPEC_TEXT)
    return key != TYPE or _same(text, begin, _TYPE_TEXT)


@piece
def _same(text: Array, begin: Word, wanted: Array) -> bool:
    different = np.uint8(0)
    for place in range(len(wanted)):
        different = np.uint8(different | (text[begin + np.uint64(place)] ^ wanted[place]))
    return bool(different == 0)
