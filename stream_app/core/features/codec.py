"""Record to bytes and back: a version byte, a bit for each 8-byte word that is not zero, then those words.

Version byte and bits fill whole words, so that every word of a state can be read where it stands.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from stream_app.core.kernels import Array, kernel

VERSION = 2
MAX_STATE_BYTES = 4096

_WORD_BYTES = 8
_BYTE_BITS = 8
_GROUP = 8
"""Most words are zero: they are looked at in groups, of as many bits as a byte of the head has."""
_ONE, _BYTE = np.uint64(1), np.uint64(0xFF)


def fullest_bytes(record: np.dtype[np.void]) -> int:
    """The bytes of a state of which no word is zero."""
    return _head_words(record.itemsize // _WORD_BYTES) * _WORD_BYTES + record.itemsize


def pack(records: NDArray[np.void]) -> list[bytes]:
    """The bytes of each record, a whole number of groups of words. Raises ContractViolation for one above 4 kB."""
    words = _words(records)
    rows, width = words.shape
    buffer = np.empty(rows * (_head_words(width) + width) + 1, np.uint64)
    ends = np.zeros(rows + 1, np.int64)
    _pack(words, buffer, ends, _head_words(width), VERSION)
    ends *= _WORD_BYTES
    if rows and int(np.diff(ends).max()) > MAX_STATE_BYTES:
        raise ContractViolation(f"a user's state exceeds {MAX_STATE_BYTES} bytes: take features out of the workload")
    raw, bounds = buffer[: ends[-1] // _WORD_BYTES].tobytes(), ends.tolist()
    return [raw[start:end] for start, end in pairwise(bounds)]


def unpack(stored: Sequence[bytes | None], record: np.dtype[np.void]) -> NDArray[np.void]:
    """The record of each state, all zero for None. Raises ContractViolation for bytes that are no such state."""
    parts = [packed or b"" for packed in stored]
    sizes = np.fromiter(map(len, parts), np.int64, len(parts))
    records = np.zeros(len(parts), record)
    if b"" in stored or np.any(sizes % _WORD_BYTES) or not _unpack_all(b"".join(parts), sizes, _words(records)):
        raise ContractViolation(
            "a stored state has another layout: rebuild it by replay into a new app id", state="foreign_state"
        )
    return records


def _unpack_all(joined: bytes, sizes: NDArray[np.int64], words: NDArray[np.uint64]) -> bool:
    ends = np.concatenate([[0], np.cumsum(sizes // _WORD_BYTES)])
    return bool(_unpack(np.frombuffer(joined, np.uint64), ends, words, _head_words(words.shape[1]), VERSION))


def _words(records: NDArray[np.void]) -> NDArray[np.uint64]:
    return records.view(np.uint64).reshape(len(records), records.dtype.itemsize // 8)


def _head_words(width: int) -> int:
    """How many words the version byte and a bit for each of `width` words fill."""
    return (_BYTE_BITS + width + 63) // 64


@kernel
def _pack(words: Array, buffer: Array, ends: Array, head_words: int, version: int) -> None:
    rows, width = words.shape
    at = 0
    for row in range(rows):
        head = at
        at += head_words
        buffer[head:at] = 0
        buffer[head] = version
        for group in range(width // _GROUP):
            found = np.uint64(0)
            for w in range(_GROUP):
                found |= words[row, group * _GROUP + w]
            if found == 0:
                continue
            bits = np.uint64(0)
            for w in range(_GROUP):
                word = words[row, group * _GROUP + w]
                buffer[at] = word
                at += word != 0
                bits |= np.uint64(word != 0) << np.uint64(w)
            bit = _BYTE_BITS + group * _GROUP
            buffer[head + bit // 64] |= bits << np.uint64(bit % 64)
        ends[row + 1] = at


@kernel
def _unpack(buffer: Array, ends: Array, words: Array, head_words: int, version: int) -> bool:
    rows, width = words.shape
    for row in range(rows):
        head, end = ends[row], ends[row + 1]
        if head == end:
            continue
        at = head + head_words
        if at > end or buffer[head] & _BYTE != version:
            return False
        for bit in range(_BYTE_BITS, head_words * 64, _GROUP):
            group = buffer[head + bit // 64] >> np.uint64(bit % 64) & _BYTE
            w = bit - _BYTE_BITS
            while group != 0:
                if group & _ONE:
                    if at >= end or w >= width or buffer[at] == 0:
                        return False
                    words[row, w] = buffer[at]
                    at += 1
                group >>= _ONE
                w += 1
        if at != end:
            return False
    return True
