"""Compressed batches are refused before they grow beyond the bound; what is within it comes out as it went in."""

import gzip
from collections.abc import Callable

import cramjam
import pytest
from aiokafka import codec
from aiokafka.record import default_records
from hypothesis import given
from hypothesis import strategies as st

from stream_app.adapters.kafka import bounded_batches, decompressed_sizes
from stream_app.adapters.kafka.bounded_batches import MOST_BYTES, BatchTooLarge, bound_batches

CODECS = ("gzip", "lz4", "zstd", "snappy")
bound_batches()


def xerial(payload: bytes) -> bytes:
    return bytes(codec.snappy_encode(payload))


def raw_snappy(payload: bytes) -> bytes:
    return bytes(codec.snappy_encode(payload, xerial_compatible=False))


def encoded(name: str, payload: bytes) -> bytes:
    return bytes(getattr(codec, f"{name}_encode")(payload))


@pytest.mark.parametrize("name", CODECS)
@given(payload=st.binary(min_size=1, max_size=2000), times=st.integers(1, 300))
def test_a_batch_within_the_bound_comes_out_as_it_went_in(name: str, payload: bytes, times: int) -> None:
    assert getattr(default_records, f"{name}_decode")(encoded(name, payload * times)) == payload * times


@pytest.mark.parametrize("name", CODECS)
def test_a_small_batch_that_grows_beyond_the_bound_is_refused(name: str) -> None:
    bomb = encoded(name, bytes(MOST_BYTES + (8 << 20)))
    assert len(bomb) < MOST_BYTES / 10
    with pytest.raises(BatchTooLarge):
        getattr(default_records, f"{name}_decode")(bomb)


def lz4_of_java(payload: bytes) -> bytes:
    """Small blocks, as Java's clients write them."""
    compressor = cramjam.lz4.Compressor(level=1, content_checksum=True, block_linked=False)
    compressor.compress(payload)
    return bytes(compressor.finish())


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


def test_a_gzip_batch_of_exactly_the_bound_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_batches, "MOST_BYTES", 1000)
    assert bounded_batches.gunzip(gzip.compress(bytes(1000))) == bytes(1000)
    with pytest.raises(BatchTooLarge):
        bounded_batches.gunzip(gzip.compress(bytes(1001)))
