"""What a compressed batch may grow to at most, told from its frames without keeping what comes out.

Formats: LZ4 frame format 1.6, RFC 8878 (Zstandard), Snappy's raw format, and the blocks that Java clients put it in;
RFC 1952 (gzip), whose own word on its size cannot be relied on. Decoders read frame after frame, so all of them count.
"""

import struct
import zlib
from collections.abc import Callable

UNBOUNDED = 1 << 62
"""Of bytes that do not say what they grow to."""

_LZ4_MAGIC, _LZ4_HEAD, _LZ4_MOST_RATIO, _LZ4_UNCOMPRESSED = b"\x04\x22\x4d\x18", 7, 255, 1 << 31
_ZSTD_MAGIC, _ZSTD_BLOCK = b"\x28\xb5\x2f\xfd", 128 << 10
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_XERIAL_MAGIC, _XERIAL_HEAD = b"\x82SNAPPY\x00", 16
_GZIP_WINDOW, _GZIP_MOST_RATIO, _GZIP_STEP = 31, 1032, 1 << 20

Frame = Callable[[memoryview], tuple[int, int]]
"""From bytes that begin with a frame to what it grows to and where it ends."""


def may_grow_beyond(most: int, codec: int, payload: memoryview) -> bool:
    """Whether a batch, compressed with the codec of that number, may grow beyond so many bytes or does not say."""
    try:
        return (gzip(payload, most) if codec == _GZIP else _SIZES[codec](payload)) > most
    except (KeyError, IndexError, struct.error, zlib.error):
        return True


def gzip(payload: memoryview, most: int) -> int:
    """Counted while it is decompressed and forgotten, to a little beyond `most`, unless it is too small to matter."""
    if _GZIP_MOST_RATIO * len(payload) <= most:
        return _GZIP_MOST_RATIO * len(payload)
    total, rest = 0, bytes(payload)
    while rest and total <= most:
        stream = zlib.decompressobj(_GZIP_WINDOW)
        while not stream.eof and total <= most:
            found = len(stream.decompress(rest, _GZIP_STEP))
            if not found and not stream.unconsumed_tail and not stream.eof:
                return UNBOUNDED
            total, rest = total + found, stream.unconsumed_tail
        rest = stream.unused_data.lstrip(b"\x00")
    return total


def lz4(payload: memoryview) -> int:
    """Frames of blocks of a known largest size, one after the other."""
    return _frames(payload, _LZ4_MAGIC, _lz4_frame)


def zstd(payload: memoryview) -> int:
    """Frames of blocks of at most 128 kB, raw ones and repeated bytes as they say."""
    return _frames(payload, _ZSTD_MAGIC, _zstd_frame)


def snappy(payload: memoryview) -> int:
    """A raw block begins with its size."""
    if payload[: len(_XERIAL_MAGIC)] != _XERIAL_MAGIC:
        return _varint(payload)
    at, total = _XERIAL_HEAD, 0
    while at + 4 <= len(payload):
        (size,) = struct.unpack_from(">I", payload, at)
        total += _varint(payload[at + 4 : at + 9])
        at += 4 + size
    return total


def _frames(payload: memoryview, magic: bytes, frame: Frame) -> int:
    total, at = 0, 0
    while at + 4 <= len(payload):
        if payload[at : at + 4] == magic:
            size, length = frame(payload[at:])
            total, at = total + size, at + length
        elif int.from_bytes(payload[at : at + 4], "little") in _SKIPPABLE:
            at += 8 + int.from_bytes(payload[at + 4 : at + 8], "little")
        else:
            return UNBOUNDED
    return total if at <= len(payload) else UNBOUNDED


def _lz4_frame(payload: memoryview) -> tuple[int, int]:
    flags, most_block = payload[4], 1 << (8 + 2 * (payload[5] >> 4 & 7))
    at = _LZ4_HEAD + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
    checksum, total = 4 if flags & 16 else 0, 0
    while at + 4 <= len(payload):
        (size,) = struct.unpack_from("<I", payload, at)
        at += 4
        if size == 0:
            break
        stored = size & ~_LZ4_UNCOMPRESSED
        total += stored if size & _LZ4_UNCOMPRESSED else min(most_block, _LZ4_MOST_RATIO * stored)
        at += stored + checksum
    return total, at + (4 if flags & 4 else 0)


def _zstd_frame(payload: memoryview) -> tuple[int, int]:
    head = payload[4]
    single = head >> 5 & 1
    at = 5 + (1 - single) + (0, 1, 2, 4)[head & 3] + ((single, 2, 4, 8)[head >> 6])
    total, last = 0, 0
    while not last and at + 3 <= len(payload):
        block = int.from_bytes(payload[at : at + 3], "little")
        last, kind, size = block & 1, block >> 1 & 3, block >> 3
        total += _ZSTD_BLOCK if kind == 2 else size
        at += 3 + (1 if kind == 1 else size)
    return total, at + (4 if head & 4 else 0)


def _varint(payload: memoryview) -> int:
    value = 0
    for place, byte in enumerate(payload[:5]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return value


_GZIP = 1
_SIZES: dict[int, Callable[[memoryview], int]] = {2: snappy, 3: lz4, 4: zstd}
"""By the number that a batch names its codec by."""
