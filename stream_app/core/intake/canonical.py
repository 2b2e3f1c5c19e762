"""Activity events in canonical form, found in the bytes of a batch without an object for any of them.

A record is taken only where no doubt is left about what the decoder (`intake.decoding`) would make of it: plain
JSON texts in printable ASCII, no attribute twice, none unknown. Of every other record nothing is said here.

A measure has at most 15 digits and no exponent: the quotient of two integers that a float64 holds exactly, the digits
and a power of ten, is then the float64 next to it (Clinger 1990), the one that the decoder finds.
"""

import struct
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.topics import MAX_EVENT_BYTES
from stream_app.core.blocks import Block
from stream_app.core.kernels import Array, Word, kernel, piece
from stream_app.core.tables import Bytes, Integers

Words = NDArray[np.uint64]

ID, SOURCE, TIME, RECORDED, SUBJECT, ACTION, SESSION, SPEC, TYPE, CONTENT, KEY, DATA, MEASURES = range(13)
_KEPT: Final = 6
"""So many of the attributes, the first, are of further use once a record is taken."""
_NAMES: Final = (
    *("id", "source", "time", "recordedtime", "subject", "action"),
    *("session_ref", "specversion", "type", "datacontenttype", "partitionkey", "data", "measures"),
)
_OF_DATA: Final = 1 << ACTION | 1 << SESSION | 1 << MEASURES
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
_SIZES = np.array([_LIMITS.get(key, _ANY_SIZE) for key in range(len(_NAMES))], np.int64)
"""Fewest and most bytes of each attribute's text."""

_SPEC_TEXT = np.frombuffer(b"1.0", np.uint8)
_TYPE_TEXT = np.frombuffer(b"churn.activity.v1", np.uint8)

_ONE, _WORD, _EACH, _HIGH = np.uint64(1), np.uint64(8), np.uint64(0x0101010101010101), np.uint64(0x80)
"""Places in a text are unsigned: a signed one might count from the end, and that would be looked into at each step."""
_QUOTE, _BACKSLASH, _OPEN, _CLOSE, _COLON, _COMMA, _SPACE, _DELETE = (np.uint64(byte) for byte in b'"\\{}:, \x7f')
_MINUS, _POINT, _ZERO, _NINE, _TEN = (np.uint64(number) for number in (*b"-.09", 10))
_SLUG = np.array([chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789_" for byte in range(256)], np.bool_)


def _halves(name: bytes) -> tuple[int, int]:
    return int.from_bytes(name[:8], "little"), int.from_bytes(name[8:], "little")


_WORDS = np.array([_halves(name.encode()) for name in _NAMES], np.uint64)
_MASKS = np.array([_halves(b"\xff" * size) for size in range(17)], np.uint64)
_LONGEST_NAME: Final = 64
_NAME_WORDS: Final = _LONGEST_NAME // 8
_MOST_MEASURES: Final = 32
_MOST_DIGITS: Final = 15
_POWERS = np.array([float(10**power) for power in range(_MOST_DIGITS + 1)])
_DOUBT = np.uint64(0)
"""In place of the place behind something: nothing ends before the first byte of a text."""


class Spans(NamedTuple):
    """The records of a batch that are canonical activity events, and where in its bytes their attributes stand.

    text    uint8  that of the block
    taken   bool   per record: whether it is such an event; where it is not, all its attributes are empty
    places  int64  (2, attributes, records): its first byte in the text, and how many bytes it has; 0 bytes where there
                   is no recordedtime
    measures    float64  per record and declared measure: NaN where it carries none
    undeclared  bool     per record: whether it carries any other measure
    """

    text: Bytes
    taken: NDArray[np.bool_]
    places: Integers
    measures: NDArray[np.float64]
    undeclared: NDArray[np.bool_]


def find(block: Block, measures: tuple[str, ...] = ()) -> Spans:
    """Look into every value of a batch, for the declared measures too."""
    taken = np.zeros(len(block), np.bool_)
    spans = np.zeros((2, _KEPT, len(block)), np.int64)
    opened = np.zeros(len(block), np.int64)
    begins, sizes = block.values
    _find(block.text, begins, sizes, MAX_EVENT_BYTES, spans, opened, taken)
    numbers, undeclared = np.full((len(block), len(measures)), np.nan), np.zeros(len(block), np.bool_)
    if opened.any():
        _measure(block.text, opened, _sized(measures), spans, taken, numbers, undeclared)
    return Spans(block.text, taken, spans, numbers, undeclared)


@lru_cache
def _sized(names: tuple[str, ...]) -> Words:
    """Each name as its size and words."""
    padded = [name.encode().ljust(_LONGEST_NAME, b"\0") for name in names]
    rows = [(len(name), *struct.unpack(f"<{_NAME_WORDS}Q", text)) for name, text in zip(names, padded, strict=True)]
    return np.array(rows, np.uint64).reshape(-1, 1 + _NAME_WORDS)


@kernel
def _find(text: Array, begins: Array, sizes: Array, largest: int, spans: Array, opened: Array, taken: Array) -> None:
    """A search may run on behind its value, up to the zeros behind all: it is let pass where it ends at the value's own
    end, and it never goes back."""
    for i in range(len(begins)):
        if 0 < sizes[i] <= largest:
            begin = np.uint64(begins[i])
            taken[i] = _take(text, begin, begin + np.uint64(sizes[i]), spans, opened, i)
        if not taken[i]:
            spans[:, :, i] = 0
            opened[i] = 0


@kernel
def _take(text: Array, at: Word, end: Word, spans: Array, opened: Array, i: int) -> bool:
    """Whether the value is an object of known attributes; their places are noted. Measures are looked into later, by a
    kernel of their own: inlined here, it would slow down the search in all events."""
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
        if key == MEASURES:
            opened[i] = at
            while text[at] != _CLOSE:
                if at >= end:
                    return False
                at += _ONE
        else:
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


@kernel
def _measure(
    text: Array,
    opened: Array,
    names: Array,
    spans: Array,
    taken: Array,
    measures: Array,
    undeclared: Array,
) -> None:
    """Note the measures of what was taken; where there is a doubt about one, it is not taken."""
    for i in range(len(opened)):
        if opened[i] == 0:
            continue
        if _measures(text, np.uint64(opened[i]), names, measures, undeclared, i) == _DOUBT:
            taken[i] = False
            spans[:, :, i] = 0
            measures[i, :] = np.nan
            undeclared[i] = False


@piece
def _measures(text: Array, at: Word, names: Array, measures: Array, undeclared: Array, i: int) -> Word:
    """Where the object of measures that is opened here is closed, by the first brace. _DOUBT if there is one."""
    if text[at] != _OPEN:
        return _DOUBT
    for _ in range(_MOST_MEASURES):
        at = _spaces(text, at + _ONE)
        begin = at + _ONE
        at = _text(text, at)
        if text[at] != _QUOTE or at - begin > np.uint64(_LONGEST_NAME) or not _is_slug(text, begin, at):
            return _DOUBT
        measure = _declared(text, begin, at, names)
        at = _spaces(text, at + _ONE)
        if text[at] != _COLON:
            return _DOUBT
        at, number = _number(text, _spaces(text, at + _ONE))
        if at == _DOUBT:
            return _DOUBT
        if measure < 0:
            undeclared[i] = True
        elif np.isnan(measures[i, measure]):
            measures[i, measure] = number
        else:
            return _DOUBT
        at = _spaces(text, at)
        if text[at] == _CLOSE:
            return at
        if text[at] != _COMMA:
            return _DOUBT
    return _DOUBT


@piece
def _number(text: Array, at: Word) -> tuple[Word, float]:
    """The place behind the number that begins here, and the number. _DOUBT if there is one about it."""
    negative = text[at] == _MINUS
    if negative:
        at += _ONE
    first, digits = at, np.uint64(0)
    while _ZERO <= text[at] <= _NINE:
        digits = digits * _TEN + (text[at] - _ZERO)
        at += _ONE
    whole, decimals = at - first, np.uint64(0)
    if whole == 0 or (whole > _ONE and text[first] == _ZERO):
        return _DOUBT, 0.0
    if text[at] == _POINT:
        at += _ONE
        point = at
        while _ZERO <= text[at] <= _NINE:
            digits = digits * _TEN + (text[at] - _ZERO)
            at += _ONE
        decimals = at - point
        if decimals == 0:
            return _DOUBT, 0.0
    if whole + decimals > np.uint64(_MOST_DIGITS):
        return _DOUBT, 0.0
    number = np.float64(digits) / _POWERS[decimals]
    return at, -number if negative else number


@piece
def _declared(text: Array, begin: Word, end: Word, names: Array) -> int:
    """The measure of this name, or -1."""
    size = end - begin
    for measure in range(len(names)):
        if names[measure, 0] != size:
            continue
        different = np.uint64(0)
        for at in range(np.uint64(0), size, _WORD):
            word = _word(text, begin + at) & _MASKS[min(size - at, _WORD), 0]
            different |= word ^ names[measure, np.int64(at >> np.uint64(3)) + 1]
        if different == 0:
            return measure
    return -1


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
        return _is_slug(text, begin, end)
    if key == SPEC:
        return _same(text, begin, _SPEC_TEXT)
    return key != TYPE or _same(text, begin, _TYPE_TEXT)


@piece
def _is_slug(text: Array, begin: Word, end: Word) -> bool:
    for place in range(begin, end):
        if not _SLUG[text[place]]:
            return False
    return bool(ord("a") <= text[begin] <= ord("z"))


@piece
def _same(text: Array, begin: Word, wanted: Array) -> bool:
    different = np.uint8(0)
    for place in range(len(wanted)):
        different = np.uint8(different | (text[begin + np.uint64(place)] ^ wanted[place]))
    return bool(different == 0)
