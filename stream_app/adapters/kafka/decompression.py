"""Unpacks compressed batches into a room of a given size: whatever a frame says of itself, no more comes out than fits.

All frames are read, skippable ones and those that follow others too, as Kafka's own clients do.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

import cramjam

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
"""Codecs by the number that a batch names them by."""

_XERIAL: Final = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
"""Before the blocks that Java's clients put Snappy into."""


class Unpackable(Exception):
    """memoryview that the codec does not read, or that grow beyond the room."""


def unpack(codec: int, payload: memoryview, room: memoryview) -> int:
    """Unpack into the room; how many bytes of it are filled. Raises Unpackable."""
    if codec not in _CODECS:
        raise Unpackable(f"there is no codec {codec}")
    name, into = _CODECS[codec]
    try:
        return into(payload, room)
    except (cramjam.DecompressionError, struct.error, ValueError, OverflowError) as error:
        raise Unpackable(f"its {name} does not unpack into {len(room):,} bytes: {error}") from error


def _snappy(payload: memoryview, room: memoryview) -> int:
    if len(payload) <= len(_XERIAL) or bytes(payload[: len(_XERIAL)]) != _XERIAL:
        return int(cramjam.snappy.decompress_raw_into(payload, room))
    at, filled = len(_XERIAL), 0
    while at < len(payload):
        (size,) = struct.unpack_from(">i", payload, at)
        at += 4
        if not 0 <= size <= len(payload) - at:
            raise ValueError(f"a block of {size} bytes among {len(payload) - at}")
        filled += int(cramjam.snappy.decompress_raw_into(payload[at : at + size], room[filled:]))
        at += size
    return filled


def _frames(library: Any) -> Callable[[memoryview, memoryview], int]:  # noqa: ANN401 - a module of cramjam's
    def into(payload: memoryview, room: memoryview) -> int:
        return int(library.decompress_into(payload, room))

    return into


_CODECS: Final[dict[int, tuple[str, Callable[[memoryview, memoryview], int]]]] = {
    GZIP: ("gzip", _frames(cramjam.gzip)),
    SNAPPY: ("snappy", _snappy),
    LZ4: ("lz4", _frames(cramjam.lz4)),
    ZSTD: ("zstd", _frames(cramjam.zstd)),
}
