"""Fetches of record batches drawn by seed, most of them damaged in one of the ways that a reader must survive."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import cramjam

from proofs.batches import (
    ABORT,
    APPENDED,
    COMMIT,
    GZIP,
    LZ4,
    NONE,
    SNAPPY,
    TRANSACTIONAL,
    ZSTD,
    Batch,
    Entry,
    RawHeaders,
    marker,
    mended,
    pack,
    varint,
)

Damage = Callable[[random.Random, Batch], bytes]

_PRODUCERS = (7, 8)


class Fetch(NamedTuple):
    """What a broker answers about a partition. `kind` names the damage."""

    kind: str
    fetched: bytes
    wanted: int
    aborted: list[tuple[int, int]]


def fetch(seed: int) -> Fetch:
    """The fetch of a seed."""
    draw = random.Random(seed)
    batches, aborted = _sound(draw)
    wanted = max(0, batches[0].base_offset + draw.choice([0, 0, 0, 1, 2, -1]))
    kind = draw.choice(list(DAMAGES))
    damaged = draw.randrange(len(batches))
    parts = [batch.to_bytes() for batch in batches]
    parts[damaged] = DAMAGES[kind](draw, batches[damaged])
    fetched = b"".join(parts)
    if draw.random() < 0.1:
        fetched = fetched[: draw.randrange(len(fetched) + 1)]
    return Fetch(kind, fetched, wanted, aborted)


def _sound(draw: random.Random) -> tuple[list[Batch], list[tuple[int, int]]]:
    offset = draw.choice([0, 1, 5, 1_000, 1 << 33])
    batches: list[Batch] = []
    aborted: list[tuple[int, int]] = []
    for _ in range(draw.randint(1, 4)):
        producer = draw.choice(_PRODUCERS)
        match draw.randrange(6):
            case 0:
                batches.append(marker(offset, producer, draw.choice([COMMIT, ABORT])))
            case 1:
                batches.append(replace(_data(draw, offset), flags=TRANSACTIONAL, producer_id=producer))
                if draw.random() < 0.5:
                    aborted.append((producer, offset))
            case _:
                batches.append(_data(draw, offset))
        offset = batches[-1].end + draw.choice([0, 0, 0, 0, 3])
    return batches, aborted


def _data(draw: random.Random, offset: int) -> Batch:
    delta, entries = 0, []
    for _ in range(draw.randint(1, 5)):
        entries.append(_entry(draw, delta))
        delta += draw.choice([1, 1, 1, 1, 2])
    return Batch(
        offset,
        tuple(entries),
        codec=draw.choice([NONE, NONE, GZIP, SNAPPY, LZ4, ZSTD]),
        flags=draw.choice([0, 0, 0, APPENDED]),
        first_ms=draw.choice([0, -1, 1_700_000_000_000]),
    )


def _entry(draw: random.Random, delta: int) -> Entry:
    texts = (None, b"", b"{}", draw.randbytes(draw.randint(1, 40)), b"a" * 300)
    headers: RawHeaders = tuple((draw.randbytes(2), draw.choice(texts)) for _ in range(draw.choice([0, 0, 0, 1, 2])))
    return Entry(delta, draw.choice([0, 5, -5, 1 << 40]), draw.choice(texts), draw.choice(texts), headers)


def _none(_: random.Random, batch: Batch) -> bytes:
    return batch.to_bytes()


def _header_keys(draw: random.Random, batch: Batch) -> bytes:
    names = (b"gr\xf6\xdfe", b"\xff", b"", "größe".encode(), b"\xed\xa0\x80")
    entries = [replace(one, headers=((draw.choice(names), b"1"),)) for one in batch.entries]
    return replace(batch, entries=entries).to_bytes()


def _flipped(draw: random.Random, batch: Batch) -> bytes:
    return _with_flips(draw, batch.to_bytes(), 0)


def _flipped_and_mended(draw: random.Random, batch: Batch) -> bytes:
    return mended(_with_flips(draw, batch.to_bytes(), 21))


def _records_flipped(draw: random.Random, batch: Batch) -> bytes:
    """Within what the codec holds."""
    plain = _with_flips(draw, batch.unpacked(), 0)
    return replace(batch, payload=pack(batch.codec, plain)).to_bytes()


def _records_cut(draw: random.Random, batch: Batch) -> bytes:
    plain = batch.unpacked()
    plain = draw.choice([plain[: draw.randrange(len(plain) + 1)], plain + draw.randbytes(draw.randint(1, 9))])
    return replace(batch, payload=pack(batch.codec, plain)).to_bytes()


def _payload_cut(draw: random.Random, batch: Batch) -> bytes:
    packed = batch.packed()
    return replace(batch, payload=packed[: draw.randrange(len(packed) + 1)]).to_bytes()


def _frames(draw: random.Random, batch: Batch) -> bytes:
    """Skippable frames, several frames for one, and what else may stand behind a frame."""
    batch = replace(batch, codec=draw.choice([GZIP, LZ4, ZSTD]))
    plain = batch.unpacked()
    cut = draw.randrange(len(plain) + 1)
    skipped = (0x184D2A50 + draw.randrange(16)).to_bytes(4, "little") + b"\x04\0\0\0skip"
    parts = draw.choice(
        [
            [pack(batch.codec, plain[:cut]), pack(batch.codec, plain[cut:])],
            [skipped, pack(batch.codec, plain)],
            [pack(batch.codec, plain), skipped],
            [pack(batch.codec, plain), draw.randbytes(draw.randint(1, 20))],
            [pack(batch.codec, plain), bytes(draw.randint(1, 20))],
        ]
    )
    return replace(batch, payload=b"".join(parts)).to_bytes()


def _bomb(draw: random.Random, batch: Batch) -> bytes:
    """Some frames, small or large, none of which says that it grows to megabytes."""
    zeros = bytes(draw.choice([1 << 12, 3 << 20]))
    number = draw.choice([GZIP, SNAPPY, LZ4, ZSTD])
    packed = pack(number, zeros)
    if number == LZ4:
        compressor = cramjam.lz4.Compressor(level=1, content_checksum=True, block_linked=False)
        compressor.compress(zeros)
        packed = bytes(compressor.finish())
    first = b"" if number == SNAPPY else pack(number, batch.unpacked())
    return replace(batch, codec=number, payload=first + packed).to_bytes()


def _sizes(draw: random.Random, batch: Batch) -> bytes:
    """Sizes and counts that are negative, too large or not those of what is there."""
    place = draw.randrange(len(batch.entries))
    entries = list(batch.entries)
    wrong = draw.choice([-1, 1, -2, 127, -128, 1 << 20, -(1 << 20), 1 << 40, -(1 << 62)])
    entries[place] = draw.choice(
        [
            replace(entries[place], size_error=wrong),
            replace(entries[place], header_count=wrong),
            replace(entries[place], offset_delta=wrong),
            replace(entries[place], time_delta=wrong << 1),
        ]
    )
    return replace(batch, entries=entries, last_delta=batch.delta).to_bytes()


def _numbers(draw: random.Random, batch: Batch) -> bytes:
    """A number of a record in its stead: none may be longer than ten bytes."""
    plain = bytearray(batch.unpacked())
    number = draw.choice(
        [varint(-1), varint(-9), varint(1 << 31), varint((1 << 62) - 1), b"\xff" * draw.randint(1, 14)]
    )
    at = draw.randrange(len(plain) + 1)
    plain[at : at + draw.choice([0, 1, len(number)])] = number
    return replace(batch, payload=pack(batch.codec, bytes(plain))).to_bytes()


def _told(draw: random.Random, batch: Batch) -> bytes:
    """The batch's own header."""
    wrong = draw.choice([-1, 0, 1, 2, 7, -(1 << 20), (1 << 31) - 1, -(1 << 31)])
    far = draw.choice([wrong, -(1 << 63), (1 << 63) - 1, 1 << 62])
    changes: list[dict[str, int]] = [
        {"base_offset": batch.base_offset + draw.choice([-1, 1, -3, 3, 1_000])},
        {"base_offset": far},
        {"last_delta": wrong},
        {"count": wrong},
        {"first_ms": far},
        {"most_ms": far},
        {"codec": draw.randrange(8)},
        {"flags": draw.randrange(8) << 3},
        {"magic": draw.choice([0, 1, 3, 255])},
        {"length_error": draw.choice([-1, 1, -40, -1_000, 1_000, 1 << 30])},
        {"crc_error": 1},
        {"producer_id": draw.choice([*_PRODUCERS, -1, 9])},
    ]
    return replace(batch, **draw.choice(changes)).to_bytes()  # type: ignore[arg-type]  # each is of its field


def _with_flips(draw: random.Random, text: bytes, first: int) -> bytes:
    flipped = bytearray(text)
    for _ in range(draw.choice([1, 1, 2, 8])):
        if len(flipped) > first:
            flipped[draw.randrange(first, len(flipped))] ^= 1 << draw.randrange(8)
    return bytes(flipped)


DAMAGES: dict[str, Damage] = {
    "none": _none,
    "header keys": _header_keys,
    "flipped bits": _flipped,
    "flipped bits under a sound checksum": _flipped_and_mended,
    "flipped bits of records": _records_flipped,
    "records cut off": _records_cut,
    "a codec's frame cut off": _payload_cut,
    "frames": _frames,
    "what grows": _bomb,
    "sizes and counts": _sizes,
    "numbers": _numbers,
    "what the batch says of itself": _told,
}
