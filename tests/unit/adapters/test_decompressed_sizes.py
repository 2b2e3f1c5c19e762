"""What a compressed batch grows to is told before it does; what is told is never too little."""

import gzip
import random
from collections.abc import Callable

import cramjam
import pytest
from aiokafka import codec
from hypothesis import given
from hypothesis import strategies as st

from stream_app.adapters.kafka import decompressed_sizes
from stream_app.adapters.kafka.decompressed_sizes import may_grow_beyond

CODECS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
MOST = 1 << 20


def xerial(payload: bytes) -> bytes:
    return bytes(codec.snappy_encode(payload))


def raw_snappy(payload: bytes) -> bytes:
    return bytes(codec.snappy_encode(payload, xerial_compatible=False))


def encoded(name: str, payload: bytes) -> bytes:
    return bytes(getattr(codec, f"{name}_encode")(payload))


def lz4_of_java(payload: bytes) -> bytes:
    """Small blocks, as Java's clients write them."""
    compressor = cramjam.lz4.Compressor(level=1, content_checksum=True, block_linked=False)
    compressor.compress(payload)
    return bytes(compressor.finish())


def grows(name: str, payload: bytes, most: int = MOST) -> bool:
    return may_grow_beyond(most, CODECS[name], memoryview(payload))


@pytest.mark.parametrize("name", CODECS)
def test_a_small_batch_that_grows_beyond_the_bound_is_told_from_one_that_does_not(name: str) -> None:
    assert not grows(name, encoded(name, bytes(MOST // 2)))
    bomb = encoded(name, bytes(9 * MOST))
    assert len(bomb) < MOST / 2
    assert grows(name, bomb)


@pytest.mark.parametrize(
    ("size", "encode"),
    [
        (decompressed_sizes.lz4, lambda payload: encoded("lz4", payload)),
        (decompressed_sizes.lz4, lz4_of_java),
        (decompressed_sizes.zstd, lambda payload: encoded("zstd", payload)),
        (decompressed_sizes.snappy, xerial),
        (decompressed_sizes.snappy, raw_snappy),
    ],
    ids=["lz4", "lz4-java", "zstd", "snappy-xerial", "snappy-raw"],
)
@given(seed=st.binary(min_size=1, max_size=3000), times=st.integers(1, 200))
def test_the_size_that_is_told_is_never_below_the_real_one_and_not_far_above(
    size: Callable[[memoryview], int], encode: Callable[[bytes], bytes], seed: bytes, times: int
) -> None:
    payload = seed * times
    told = size(memoryview(encode(payload)))
    assert len(payload) <= told <= 2 * len(payload) + (4 << 20)


@given(sizes=st.lists(st.integers(0, 5000), min_size=1, max_size=4), zeros=st.integers(0, 3))
def test_a_gzip_batch_is_counted_to_the_byte_over_all_its_members(sizes: list[int], zeros: int) -> None:
    noise = random.Random(0).randbytes
    payload = bytes(zeros).join(gzip.compress(noise(size)) for size in sizes)
    assert len(codec.gzip_decode(payload)) == sum(sizes)
    assert grows("gzip", payload, sum(sizes) - 1)
    assert not grows("gzip", payload, sum(sizes))


@pytest.mark.parametrize("name", ["gzip", "lz4", "zstd"])
def test_a_second_frame_counts_because_decoders_read_it_as_well(name: str) -> None:
    two = encoded(name, b"a") + encoded(name, bytes(9 * MOST))
    assert len(getattr(codec, f"{name}_decode")(two)) == 9 * MOST + 1
    assert grows(name, two)


@pytest.mark.parametrize("name", ["lz4", "zstd"])
def test_frames_that_decoders_skip_are_skipped(name: str) -> None:
    skipped = bytes.fromhex("502a4d18") + (3).to_bytes(4, "little") + b"abc"
    assert not grows(name, skipped + encoded(name, bytes(100)) + skipped)
    assert grows(name, skipped + encoded(name, bytes(9 * MOST)))


@pytest.mark.parametrize("name", ["gzip", "lz4", "zstd"])
def test_bytes_that_do_not_say_what_they_grow_to_are_taken_to_grow_beyond_the_bound(name: str) -> None:
    assert grows(name, encoded(name, random.Random(0).randbytes(3000))[:5], 1000)
    assert grows(name, b"no frame at all" * 100, 1000)


def test_blocks_of_snappy_that_claim_to_end_before_they_begin_are_read_through() -> None:
    head = b"\x82SNAPPY\x00" + bytes(8)
    assert not grows("snappy", head + b"\xff\xff\xff\xfc" + b"\x05" + bytes(4))
