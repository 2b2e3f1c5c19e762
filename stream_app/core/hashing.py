"""The hashes that the system agrees on: which partition a user has, which event this is, which vector that was."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream_app.core.kernels import Array, kernel


def event_hashes(sources: Sequence[str], ids: Sequence[str]) -> NDArray[np.uint32]:
    """32-bit hash of each event's identity (CloudEvents: source and id together); never 0, which marks an empty slot.

    CRC-32 of source, a zero byte and id.
    """
    heads = {source: zlib.crc32(source.encode() + b"\0") for source in set(sources)}
    texts = [event_id.encode() for event_id in ids]
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=ends[1:])
    result = np.fromiter(map(heads.__getitem__, sources), np.uint32, len(texts))
    _crc32(np.frombuffer(b"".join(texts), np.uint8), ends, _CRC_TABLE, result)
    return result


def event_hash(source: str, event_id: str) -> int:
    """The hash of one event's identity."""
    return int(event_hashes([source], [event_id])[0])


def anchor(value: bytes | None) -> int:
    """Hash of a record's value, by which a session knows that the log is still the one that it had read."""
    return zlib.crc32(value or b"")


def partitions_of(keys: Sequence[bytes], partitions: int) -> NDArray[np.int64]:
    """The partition of each key as Kafka's Java client computes it: positive murmur2 modulo their number."""
    ends = np.zeros(len(keys) + 1, np.int64)
    np.cumsum([len(key) for key in keys], out=ends[1:])
    result = np.zeros(len(keys), np.int64)
    _murmur2(np.frombuffer(b"".join(keys), np.uint8), ends, result)
    return result % partitions


def fingerprints(vectors: NDArray[np.float32], scores: NDArray[np.float32] | None = None) -> NDArray[np.uint64]:
    """64-bit FNV-1a over the 32-bit words of each vector and, if given, of its score. Equal bits, equal fingerprint."""
    columns = [vectors] if scores is None else [vectors, scores.reshape(-1, 1)]
    words = np.ascontiguousarray(np.hstack(columns), np.float32).view(np.uint32)
    result = np.zeros(len(words), np.uint64)
    _fnv1a(words, result)
    return result


def _crc_table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, np.uint32(0xEDB88320) ^ (table >> 1), table >> 1).astype(np.uint32)
    return table


_CRC_TABLE = _crc_table()


@kernel
def _crc32(data: Array, ends: Array, table: Array, result: Array) -> None:
    """Go on from the CRC that stands in `result` with each text."""
    for i in range(len(result)):
        crc = ~result[i]
        for at in range(ends[i], ends[i + 1]):
            crc = table[(crc ^ data[at]) & 0xFF] ^ (crc >> 8)
        result[i] = max(1, ~np.uint32(crc))


@kernel
def _fnv1a(words: Array, result: Array) -> None:
    for row in range(words.shape[0]):
        state = np.uint64(0xCBF29CE484222325)
        for w in range(words.shape[1]):
            state = (state ^ np.uint64(words[row, w])) * np.uint64(0x100000001B3)
        result[row] = state


@kernel
def _murmur2(data: Array, ends: Array, result: Array) -> None:
    m = np.uint32(0x5BD1E995)
    for i in range(len(result)):
        at, end = ends[i], ends[i + 1]
        h = np.uint32(np.uint32(0x9747B28C) ^ np.uint32(end - at))
        while end - at >= 4:
            k = np.uint32(data[at]) | np.uint32(data[at + 1]) << np.uint32(8)
            k = np.uint32(k | np.uint32(data[at + 2]) << np.uint32(16) | np.uint32(data[at + 3]) << np.uint32(24))
            k = np.uint32(k * m)
            k = np.uint32(k ^ (k >> np.uint32(24)))
            h = np.uint32(np.uint32(h * m) ^ np.uint32(k * m))
            at += 4
        if end - at == 3:
            h = np.uint32(h ^ np.uint32(data[at + 2]) << np.uint32(16))
        if end - at >= 2:
            h = np.uint32(h ^ np.uint32(data[at + 1]) << np.uint32(8))
        if end - at >= 1:
            h = np.uint32(np.uint32(h ^ np.uint32(data[at])) * m)
        h = np.uint32(np.uint32(h ^ (h >> np.uint32(13))) * m)
        result[i] = np.uint32(h ^ (h >> np.uint32(15))) & np.uint32(0x7FFFFFFF)
