"""Points in time: many at once of the canonical 24-character form, which a kernel parses, any other one by one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.errors import Poison
from schemas.instants import parse_instant
from stream_app.core.kernels import Array, Word, kernel, piece
from stream_app.core.tables import Integers

WIDTH = len("2024-01-01T00:00:00.000Z")
NO_TIME = -(1 << 62)
"""Stands for what is no time."""

_PUNCTUATION = np.array([(4, 45), (7, 45), (10, 84), (13, 58), (16, 58), (19, 46), (23, 90)], np.uint64)
"""Where the canonical form has which byte between its digits: -, T, :, . and Z."""


def instant_ms(text: str, attribute: str = "time") -> int:
    """The point in time of an attribute. Raises Poison: `schema`."""
    try:
        return parse_instant(text)
    except ValueError as error:
        raise Poison("schema", f"`{attribute}`: {error}") from error


def instants_of(texts: Sequence[str]) -> Integers:
    """Milliseconds since the epoch of each text; NO_TIME for one that is no point in time."""
    canonical = parse_canonical(texts)
    return np.array([_instant_or_none(text) for text in texts], np.int64) if canonical is None else canonical


def _instant_or_none(text: str) -> int:
    try:
        return instant_ms(text)
    except Poison:
        return NO_TIME


def parse_canonical(texts: Sequence[str]) -> Integers | None:
    """Milliseconds since the epoch of each text, or None if one of them has another form or is no real time."""
    joined = "".join(texts).encode()
    if len(joined) != WIDTH * len(texts):
        return None
    begins = np.arange(len(texts), dtype=np.int64) * WIDTH
    result = parse_at(np.frombuffer(joined, np.uint8), begins, np.full(len(texts), WIDTH, np.int64))
    return None if (result == NO_TIME).any() else result


def parse_at(text: NDArray[np.uint8], begins: Integers, sizes: Integers) -> Integers:
    """Milliseconds since the epoch of each time that stands in a text, or NO_TIME."""
    result = np.zeros(len(begins), np.int64)
    _parse(text, begins, sizes, result)
    return result


@kernel
def _parse(text: Array, begins: Array, sizes: Array, result: Array) -> None:
    """The events of a batch lie close together: the day is counted once for all that follow on the same date."""
    date, days = -1, 0
    for i in range(len(result)):
        result[i] = NO_TIME
        at = np.uint64(begins[i])
        if sizes[i] != WIDTH or not _is_time(text, at):
            continue
        year, month, day = _number(text, at, 0, 4), _number(text, at, 5, 2), _number(text, at, 8, 2)
        hour, minute, second = _number(text, at, 11, 2), _number(text, at, 14, 2), _number(text, at, 17, 2)
        if hour > 23 or minute > 59 or second > 59:
            continue
        if date != (year * 100 + month) * 100 + day:
            if year < 1 or month < 1 or month > 12 or day < 1 or day > _days_in(year, month):
                continue
            date, days = (year * 100 + month) * 100 + day, _days_before(year, month, day)
        result[i] = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + _number(text, at, 20, 3)


@piece
def _is_time(text: Array, at: Word) -> bool:
    """Whether 24 bytes have the canonical form."""
    others = marks = 0
    for place in range(WIDTH):
        byte = text[at + np.uint64(place)]
        others += byte < ord("0") or byte > ord("9")
    for mark in range(len(_PUNCTUATION)):
        marks += text[at + _PUNCTUATION[mark, 0]] == _PUNCTUATION[mark, 1]
    return others == marks == len(_PUNCTUATION)


@piece
def _number(text: Array, at: Word, first: int, digits: int) -> int:
    number = 0
    for place in range(first, first + digits):
        number = number * 10 + (text[at + np.uint64(place)] - ord("0"))
    return number


@kernel
def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return 30 if month in (4, 6, 9, 11) else 31


@kernel
def _days_before(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01, counting years from March so that a leap day comes last (Hinnant, days_from_civil)."""
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
