"""Numbers the texts of a batch, users or actions, so that each needs to be looked at once, not once an event."""

import numpy as np
from numpy.typing import NDArray

from stream_app.core.kernels import Array, kernel, piece
from stream_app.core.tables import Integers

NONE = -1
"""The number of an empty text."""


def numbered(text: NDArray[np.uint8], begins: Integers, sizes: Integers, hashes: Integers) -> tuple[Integers, Integers]:
    """The number of each text in order of first appearance, and for each number where it appeared first.

    `begins` and `sizes` say where the texts stand; of equal ones the `hashes`, below 2**31, are equal.
    """
    number, first = np.zeros(len(begins), np.int64), np.zeros(len(begins), np.int64)
    bits = len(begins).bit_length() + 1
    table = np.full(1 << bits, NONE, np.int32)
    count = _number(text, np.stack([begins, sizes, hashes]), table, bits, number, first)
    return number, first[:count]


def gathered(text: NDArray[np.uint8], begins: Integers, sizes: Integers) -> tuple[NDArray[np.uint8], Integers]:
    """The texts that stand in a text, one behind the other, and where each begins now."""
    ends = np.cumsum(sizes)
    result = np.empty(ends[-1] if len(ends) else 0, np.uint8)
    _gather(text, begins, ends, result)
    return result, ends - sizes


def texts_at(text: NDArray[np.uint8], begins: Integers, sizes: Integers) -> list[str]:
    """The texts that stand in a text in UTF-8."""
    together, begins = gathered(text, begins, sizes)
    whole, spans = together.tobytes(), zip(begins.tolist(), (begins + sizes).tolist(), strict=True)
    if whole.isascii():
        decoded = whole.decode()
        return [decoded[begin:end] for begin, end in spans]
    return [whole[begin:end].decode() for begin, end in spans]


@kernel
def _gather(text: Array, begins: Array, ends: Array, result: Array) -> None:
    at = np.uint64(0)
    for i in range(len(ends)):
        away = np.uint64(begins[i]) - at
        for place in range(at, np.uint64(ends[i])):
            result[place] = text[place + away]
        at = np.uint64(ends[i])


@kernel
def _number(text: Array, texts: Array, table: Array, bits: int, number: Array, first: Array) -> int:
    """How many there are. The users of a partition share the lower bits of their hashes: so the upper of a multiple
    say where in the table one stands."""
    count = 0
    for i in range(len(number)):
        number[i] = NONE
        if texts[1, i] == 0:
            continue
        place = np.uint64(texts[2, i]) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - bits)
        while table[place] != NONE and not _equal(text, texts, i, first[np.uint64(table[place])]):
            place = (place + np.uint64(1)) & np.uint64(len(table) - 1)
        if table[place] == NONE:
            table[place] = count
            first[count] = i
            count += 1
        number[i] = table[place]
    return count


@piece
def _equal(text: Array, texts: Array, one: int, other: int) -> bool:
    if texts[2, one] != texts[2, other] or texts[1, one] != texts[1, other]:
        return False
    begin, second = np.uint64(texts[0, one]), np.uint64(texts[0, other])
    different = np.uint8(0)
    for place in range(np.uint64(texts[1, one])):
        different = np.uint8(different | (text[begin + place] ^ text[second + place]))
    return bool(different == 0)
