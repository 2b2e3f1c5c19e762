"""The hashes are the ones that others compute too, and tell apart what is not the same."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stream_app.core.hashing import anchor, event_hash, fingerprints
from tests.support.partitions import partitions_of

KAFKA_MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}
"""The examples of the Java client's own tests, as signed 32-bit integers."""
ONES = 0xFFFFFFFF


def _murmur2(key: bytes) -> int:
    """The unsigned 32-bit murmur2 of the Java client, byte by byte."""
    h = 0x9747B28C ^ len(key)
    whole = len(key) - len(key) % 4
    for start in range(0, whole, 4):
        k = int.from_bytes(key[start : start + 4], "little") * 0x5BD1E995 & ONES
        k = (k ^ k >> 24) * 0x5BD1E995 & ONES
        h = h * 0x5BD1E995 & ONES ^ k
    if rest := key[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * 0x5BD1E995 & ONES
    h = (h ^ h >> 13) * 0x5BD1E995 & ONES
    return h ^ h >> 15


@pytest.mark.parametrize(("key", "hashed"), KAFKA_MURMUR2.items())
def test_partitions_are_those_of_the_java_client(key: bytes, hashed: int) -> None:
    assert _murmur2(key) == hashed & ONES
    assert partitions_of([key], 12).tolist() == [(hashed & 0x7FFFFFFF) % 12]


@given(st.lists(st.binary(max_size=20), max_size=8), st.integers(1, 1000))
def test_each_key_of_a_batch_has_the_partition_that_it_has_alone(keys: list[bytes], partitions: int) -> None:
    alone = [(_murmur2(key) & 0x7FFFFFFF) % partitions for key in keys]
    assert partitions_of(keys, partitions).tolist() == alone


def test_two_events_whose_source_and_id_are_cut_differently_are_different_events() -> None:
    assert event_hash("/shop/1", "12") != event_hash("/shop/11", "2")


@given(st.text(), st.text())
def test_an_events_hash_is_32_bits_and_never_the_empty_slot(source: str, event_id: str) -> None:
    assert 0 < event_hash(source, event_id) < 1 << 32


def test_the_anchor_of_a_record_is_the_checksum_of_its_value() -> None:
    assert anchor(b"123456789") == zlib.crc32(b"123456789") == 0xCBF43926
    assert anchor(None) == anchor(b"") == 0


VECTORS = st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), min_size=1, max_size=5).map(
    lambda rows: np.array(rows, np.float32)
)


def _fnv1a(words: list[int]) -> int:
    state = 0xCBF29CE484222325
    for word in words:
        state = (state ^ word) * 0x100000001B3 % (1 << 64)
    return state


@given(VECTORS)
def test_a_vectors_fingerprint_is_fnv1a_over_its_words_wherever_it_stands(vectors: NDArray[np.float32]) -> None:
    scores = vectors[:, 0].copy()
    expected = [_fnv1a(row) for row in vectors.view(np.uint32).tolist()]
    with_score = [_fnv1a([*row, row[0]]) for row in vectors.view(np.uint32).tolist()]
    assert fingerprints(vectors).tolist() == expected
    assert fingerprints(vectors, scores).tolist() == with_score


@given(VECTORS, st.integers(0, 2), st.integers(0, 31))
def test_one_flipped_bit_gives_another_fingerprint(vectors: NDArray[np.float32], column: int, bit: int) -> None:
    flipped = vectors.copy()
    flipped.view(np.uint32)[0, column] ^= np.uint32(1 << bit)
    assert fingerprints(flipped)[0] != fingerprints(vectors)[0]
    assert fingerprints(flipped)[1:].tolist() == fingerprints(vectors)[1:].tolist()


def test_zero_and_minus_zero_have_different_fingerprints() -> None:
    zero, minus_zero = fingerprints(np.array([[0.0], [-0.0]], np.float32)).tolist()
    assert zero != minus_zero
