"""The hashes that the system agrees on: which partition a user has, which event this is, which vector that was."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream_app.core.kernels import Array, kernel
from stream_app.core.tables import Integers


def event_hashes(sources: Sequence[str], ids: Sequence[str]) -> NDArray[np.uint32]:
    """32-bit hash of each event's identity (CloudEvents: source and id together); never 0, which marks an empty slot.

    CRC-32 of source, a zero byte and id.
    """
    text, begins, sizes = _joined([text.encode() for pair in zip(sources, ids, strict=True) for text in pair])
    return event_hashes_at(text, begins[::2], sizes[::2], begins[1::2], sizes[1::2])


def event_hashes_at(
    text: NDArray[np.uint8], sources: Integers, source_sizes: Integers, ids: Integers, id_sizes: Integers
) -> NDArray[np.uint32]:
    """The same where sources and ids stand in a text: the first byte of each, and how many bytes it has."""
    result = np.zeros(len(sources), np.uint32)
    places = np.stack([sources, source_sizes, ids, id_sizes])
    _identities(text, places, _CRC_TABLE, result)
    return result


def event_hash(source: str, event_id: str) -> int:
    """The hash of one event's identity."""
    return int(event_hashes([source], [event_id])[0])


def anchor(value: bytes | None) -> int:
    """Hash of a record's value, by which a session knows that the log is still the one that it had read."""
    return zlib.crc32(value or b"")


def murmur2_at(text: NDArray[np.uint8], begins: Integers, sizes: Integers) -> Integers:
    """The positive murmur2 of each key that stands in a text: modulo the number of partitions it is the key's
    partition, as Kafka's Java client computes it."""
    result = np.zeros(len(begins), np.int64)
    _murmur2(text, begins, sizes, result)
    return result


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


def _joined(keys: Sequence[bytes]) -> tuple[NDArray[np.uint8], Integers, Integers]:
    """Texts as one; where each begins in it and how long it is."""
    sizes = np.fromiter(map(len, keys), np.int64, len(keys))
    return np.frombuffer(b"".join(keys), np.uint8), np.cumsum(sizes) - sizes, sizes


@kernel
def _identities(text: Array, places: Array, table: Array, result: Array) -> None:
    for i in range(len(result)):
        crc = np.uint32(0xFFFFFFFF)
        for part in range(0, 4, 2):
            begin = np.uint64(places[part, i])
            for at in range(begin, begin + np.uint64(places[part + 1, i])):
                crc = table[np.uint8(crc) ^ text[at]] ^ (crc >> np.uint32(8))
            if part == 0:
                crc = table[np.uint8(crc)] ^ (crc >> np.uint32(8))
        result[i] = max(np.uint32(1), ~crc)


@kernel
def _fnv1a(words: Array, result: Array) -> None:
    for row in range(words.shape[0]):
        state = np.uint64(0xCBF29CE484222325)
        for w in range(words.shape[1]):
            state = (state ^ np.uint64(words[row, w])) * np.uint64(0x100000001B3)
        result[row] = state


@kernel
def _murmur2(text: Array, begins: Array, sizes: Array, result: Array) -> None:
    m, one = np.uint32(0x5BD1E995), np.uint64(1)
    for i in range(len(result)):
        at = np.uint64(begins[i])
        end = at + np.uint64(sizes[i])
        h = np.uint32(np.uint32(0x9747B28C) ^ np.uint32(sizes[i]))
        while end - at >= np.uint64(4):
            k = np.uint32(0)
            for byte in range(4):
                k = np.uint32(k | np.uint32(text[at]) << np.uint32(8 * byte))
                at += one
            k = np.uint32(k * m)
            k = np.uint32(k ^ (k >> np.uint32(24)))
            h = np.uint32(np.uint32(h * m) ^ np.uint32(k * m))
        if at < end:
            for byte in range(np.int64(end - at)):
                h = np.uint32(h ^ np.uint32(text[at]) << np.uint32(8 * byte))
                at += one
            h = np.uint32(h * m)
        h = np.uint32(np.uint32(h ^ (h >> np.uint32(13))) * m)
        result[i] = np.uint32(h ^ (h >> np.uint32(15))) & np.uint32(0x7FFFFFFF)
