"""Record batches as brokers hold them, written by hand: whatever is told of them may be told wrongly."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import cramjam
from aiokafka import codec
from aiokafka.record.util import calc_crc32c

from stream_app.core.record_headers import number_at

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
APPENDED, TRANSACTIONAL, CONTROL = 8, 16, 32
COMMIT, ABORT = 1, 0

_HEADER = struct.Struct(">qiibIhiqqqhii")
_CHECKED = struct.Struct(">hiqqqhii")
_UNPACKED = {1: codec.gzip_decode, 2: codec.snappy_decode, 3: codec.lz4_decode, 4: codec.zstd_decode}
_LENGTH_FROM, _CRC_AT, _CHECKED_FROM, _PAYLOAD_FROM = 12, 17, 21, 61

RawHeaders = Sequence[tuple[bytes, bytes | None]]


def varint(number: int) -> bytes:
    """A number as records hold it."""
    value = (number << 1 ^ number >> 63) & (1 << 64) - 1
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


@dataclass(frozen=True)
class Entry:
    """A record of a batch. `size` and `headers` may be told otherwise than they are."""

    offset_delta: int
    time_delta: int
    key: bytes | None
    value: bytes | None
    headers: RawHeaders = ()
    header_count: int | None = None
    size_error: int = 0

    def to_bytes(self) -> bytes:
        """As it stands in an unpacked batch."""
        count = len(self.headers) if self.header_count is None else self.header_count
        body = b"".join(
            [
                b"\0",
                varint(self.time_delta),
                varint(self.offset_delta),
                sized(self.key),
                sized(self.value),
                varint(count),
                *(sized(name) + sized(value) for name, value in self.headers),
            ]
        )
        return varint(len(body) + self.size_error) + body


def sized(text: bytes | None) -> bytes:
    """A text behind its size."""
    return varint(-1) if text is None else varint(len(text)) + text


@dataclass(frozen=True)
class Batch:
    """A batch; what is None is told as it is."""

    base_offset: int
    entries: Sequence[Entry] = field(default_factory=tuple)
    codec: int = NONE
    flags: int = 0
    last_delta: int | None = None
    first_ms: int = 1_700_000_000_000
    most_ms: int = 1_700_000_100_000
    producer_id: int = -1
    count: int | None = None
    payload: bytes | None = None
    magic: int = 2
    length_error: int = 0
    crc_error: int = 0

    @classmethod
    def parse(cls, whole: bytes) -> "Batch":
        """A sound batch, as it was sent; the headers of its records are left out."""
        base, *_, attributes, _, first_ms, most_ms, producer, _, _, count = _HEADER.unpack_from(whole)
        number, plain, at, entries = attributes & 7, whole[_PAYLOAD_FROM:], 0, []
        if number:
            plain = _UNPACKED[number](plain)
        for _ in range(count):
            size, at = number_at(plain, at)
            end = at + size
            time_delta, at = number_at(plain, at + 1)
            offset_delta, at = number_at(plain, at)
            key, at = _text_at(plain, at)
            value, _ = _text_at(plain, at)
            entries.append(Entry(offset_delta, time_delta, key, value))
            at = end
        return cls(base, tuple(entries), number, attributes & ~7, None, first_ms, most_ms, producer)

    @property
    def delta(self) -> int:
        """Of its last record's offset."""
        if self.last_delta is not None:
            return self.last_delta
        return self.entries[-1].offset_delta if self.entries else 0

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.base_offset + self.delta + 1

    def unpacked(self) -> bytes:
        """Its records."""
        return b"".join(entry.to_bytes() for entry in self.entries)

    def packed(self) -> bytes:
        """Its records, compressed."""
        return pack(self.codec, self.unpacked()) if self.payload is None else self.payload

    def to_bytes(self) -> bytes:
        """As brokers send it."""
        count = len(self.entries) if self.count is None else self.count
        checked = _CHECKED.pack(
            self.codec | self.flags, self.delta, self.first_ms, self.most_ms, self.producer_id, 0, -1, count
        )
        payload = self.packed()
        crc = calc_crc32c(checked + payload) ^ self.crc_error
        head = struct.pack(">iBI", 0, self.magic, crc)
        length = len(head) + len(checked) + len(payload) + self.length_error
        return struct.pack(">qi", self.base_offset, length) + head + checked + payload


def _text_at(plain: bytes, at: int) -> tuple[bytes | None, int]:
    size, at = number_at(plain, at)
    return (None, at) if size < 0 else (plain[at : at + size], at + size)


def marker(offset: int, producer_id: int, kind: int) -> Batch:
    """The end of a producer's transaction."""
    entry = Entry(0, 0, struct.pack(">hh", 0, kind), struct.pack(">hi", 0, 0))
    return Batch(offset, (entry,), flags=TRANSACTIONAL | CONTROL, producer_id=producer_id)


def pack(number: int, text: bytes, *, xerial: bool = True) -> bytes:
    """A text compressed with the codec of that number."""
    match number:
        case 1:
            return bytes(codec.gzip_encode(text, 1))
        case 2:
            return bytes(codec.snappy_encode(text, xerial))
        case 3:
            return bytes(cramjam.lz4.compress(text))
        case 4:
            return bytes(cramjam.zstd.compress(text))
    return text


def mended(batch: bytes) -> bytes:
    """A batch of other bytes, with the length and the checksum that these have."""
    whole = bytearray(batch)
    struct.pack_into(">i", whole, 8, len(whole) - _LENGTH_FROM)
    struct.pack_into(">I", whole, _CRC_AT, calc_crc32c(bytes(whole[_CHECKED_FROM:])))
    return bytes(whole)
