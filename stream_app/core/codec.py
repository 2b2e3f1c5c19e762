"""Record to bytes and back: a version byte, a bitmap of the 8-byte words that are not zero, then those words."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from stream_app.core.fold import Array, kernel

VERSION = 1
MAX_STATE_BYTES = 4096


def pack(records: NDArray[np.void]) -> list[bytes]:
    """The bytes of each record. Raises ContractViolation for a record above 4 kB."""
    words = _words(records)
    rows, width = words.shape
    buffer = np.empty(rows * (1 + _bitmap_bytes(width) + 8 * width), np.uint8)
    ends = np.zeros(rows + 1, np.int64)
    _pack(words, buffer, ends, VERSION)
    if rows and int(np.diff(ends).max()) > MAX_STATE_BYTES:
        raise ContractViolation(f"a user's state exceeds {MAX_STATE_BYTES} bytes: take features out of the workload")
    raw, bounds = buffer[: ends[-1]].tobytes(), ends.tolist()
    return [raw[start:end] for start, end in pairwise(bounds)]


def unpack(states: Sequence[bytes | None], record: np.dtype[np.void]) -> NDArray[np.void]:
    """The record of each state, all zero for None. Raises ContractViolation for bytes that are no such state."""
    parts = [b"" if state is None else state for state in states]
    ends = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=ends[1:])
    records = np.zeros(len(parts), record)
    if b"" in states or not _unpack(np.frombuffer(b"".join(parts), np.uint8), ends, _words(records), VERSION):
        raise ContractViolation(
            "a stored state has another layout: rebuild it by replay into a new app id", state="foreign_state"
        )
    return records


def _words(records: NDArray[np.void]) -> NDArray[np.uint64]:
    return records.view(np.uint64).reshape(len(records), records.dtype.itemsize // 8)


def _bitmap_bytes(width: int) -> int:
    return (width + 7) // 8


@kernel
def _pack(words: Array, buffer: Array, ends: Array, version: int) -> None:
    rows, width = words.shape
    at = 0
    for row in range(rows):
        buffer[at] = version
        bitmap = at + 1
        at = bitmap + (width + 7) // 8
        buffer[bitmap:at] = 0
        for w in range(width):
            word = words[row, w]
            if word != 0:
                buffer[bitmap + w // 8] |= np.uint8(1 << (w % 8))
                for b in range(8):
                    buffer[at + b] = np.uint8((word >> np.uint64(8 * b)) & np.uint64(0xFF))
                at += 8
        ends[row + 1] = at


@kernel
def _unpack(buffer: Array, ends: Array, words: Array, version: int) -> bool:
    rows, width = words.shape
    head = 1 + (width + 7) // 8
    for row in range(rows):
        start, end = ends[row], ends[row + 1]
        if start == end:
            continue
        if end - start < head or buffer[start] != version:
            return False
        at = start + head
        for w in range(width):
            if buffer[start + 1 + w // 8] >> (w % 8) & 1:
                if at + 8 > end:
                    return False
                word = np.uint64(0)
                for b in range(8):
                    word |= np.uint64(buffer[at + b]) << np.uint64(8 * b)
                if word == 0:
                    return False
                words[row, w] = word
                at += 8
        if at != end or (width % 8 and buffer[start + head - 1] >> (width % 8)):
            return False
    return True
