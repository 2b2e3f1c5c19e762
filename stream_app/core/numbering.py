"""Numbers the texts of a batch, users or actions, so that each needs to be looked at once, not once an event."""

import numpy as np
from numpy.typing import NDArray

from stream_app.core.kernels import Array, kernel
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


@kernel
def _equal(text: Array, texts: Array, one: int, other: int) -> bool:
    if texts[2, one] != texts[2, other] or texts[1, one] != texts[1, other]:
        return False
    begin, second = np.uint64(texts[0, one]), np.uint64(texts[0, other])
    different = np.uint8(0)
    for place in range(np.uint64(texts[1, one])):
        different |= text[begin + place] ^ text[second + place]
    return different == 0
