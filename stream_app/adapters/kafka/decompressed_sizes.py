"""What a compressed batch may grow to at most, told from its frames without decompressing it.

Formats: LZ4 frame format 1.6, RFC 8878 (Zstandard), Snappy's raw format, and the blocks that Java clients put it in.
"""

import struct
from collections.abc import Callable

_LZ4_HEAD, _LZ4_MOST_RATIO, _LZ4_UNCOMPRESSED = 7, 255, 1 << 31
_ZSTD_BLOCK = 128 << 10
_XERIAL_MAGIC, _XERIAL_HEAD = b"\x82SNAPPY\x00", 16


def lz4(payload: memoryview) -> int:
    """Blocks of a known largest size, one after the other."""
    flags, most_block = payload[4], 1 << (8 + 2 * (payload[5] >> 4 & 7))
    at = _LZ4_HEAD + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
    checksum, total = 4 if flags & 16 else 0, 0
    while at + 4 <= len(payload):
        (size,) = struct.unpack_from("<I", payload, at)
        if size == 0:
            break
        stored = size & ~_LZ4_UNCOMPRESSED
        total += stored if size & _LZ4_UNCOMPRESSED else min(most_block, _LZ4_MOST_RATIO * stored)
        at += 4 + stored + checksum
    return total


def zstd(payload: memoryview) -> int:
    """Blocks of at most 128 kB, raw ones and repeated bytes as they say."""
    head = payload[4]
    single = head >> 5 & 1
    at = 5 + (1 - single) + (0, 1, 2, 4)[head & 3] + ((single, 2, 4, 8)[head >> 6])
    total, last = 0, 0
    while not last and at + 3 <= len(payload):
        block = int.from_bytes(payload[at : at + 3], "little")
        last, kind, size = block & 1, block >> 1 & 3, block >> 3
        total += _ZSTD_BLOCK if kind == 2 else size
        at += 3 + (1 if kind == 1 else size)
    return total


def snappy(payload: memoryview) -> int:
    """A raw block begins with its size."""
    if payload[: len(_XERIAL_MAGIC)] != _XERIAL_MAGIC:
        return _varint(payload)
    at, total = _XERIAL_HEAD, 0
    while at + 4 <= len(payload):
        (size,) = struct.unpack_from(">i", payload, at)
        total += _varint(payload[at + 4 : at + 9])
        at += 4 + size
    return total


def _varint(payload: memoryview) -> int:
    value = 0
    for place, byte in enumerate(payload[:5]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return value


SIZES: dict[str, Callable[[memoryview], int]] = {"lz4_decode": lz4, "zstd_decode": zstd, "snappy_decode": snappy}
"""By the name of the decoder in aiokafka."""
