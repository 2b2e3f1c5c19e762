"""A state comes back from its bytes as it was, and bytes that are no state of this layout are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from stream_app.core.features import codec
from stream_app.core.features.plan import compile_workload
from stream_app.core.log import PlainRecord
from stream_app.workloads import music
from tests.support import every_kind
from tests.support.fold_comparison import folded
from tests.support.log_strategies import logs

RECORD = compile_workload(music.WORKLOAD).record
WORDS = RECORD.itemsize // 8
EVERY_KIND = compile_workload(every_kind.WORKLOAD)


def _records(rows: list[dict[int, int]]) -> NDArray[np.void]:
    words = np.zeros((len(rows), WORDS), np.uint64)
    for row, nonzero in enumerate(rows):
        for word, value in nonzero.items():
            words[row, word] = value
    return words.reshape(-1).view(RECORD)


RECORDS = st.lists(st.dictionaries(st.integers(0, WORDS - 1), st.integers(0, 2**64 - 1)), max_size=5).map(_records)
STATES = RECORDS.filter(len).map(lambda records: codec.pack(records)[0])


@given(RECORDS)
def test_any_record_comes_back_from_its_bytes_as_it_was(records: NDArray[np.void]) -> None:
    assert codec.unpack(codec.pack(records), RECORD).tobytes() == records.tobytes()


@settings(max_examples=30)
@given(logs())
def test_the_states_of_a_log_come_back_from_their_bytes_as_they_were(log: list[PlainRecord]) -> None:
    records, _, _ = folded(EVERY_KIND, log)
    assert codec.unpack(codec.pack(records), EVERY_KIND.record).tobytes() == records.tobytes()


@given(RECORDS)
def test_a_state_has_the_same_bytes_whatever_it_is_packed_beside(records: NDArray[np.void]) -> None:
    assert codec.pack(records) == [codec.pack(records[row : row + 1])[0] for row in range(len(records))]


def test_no_state_is_a_record_of_zeros() -> None:
    assert codec.unpack([None, None], RECORD).tobytes() == np.zeros(2, RECORD).tobytes()


def test_a_record_of_zeros_takes_its_version_and_its_bitmap_only() -> None:
    [state] = codec.pack(np.zeros(1, RECORD))
    assert state == bytes([codec.VERSION]) + bytes(8 * ((8 + WORDS + 63) // 64) - 1)


def _refused(state: bytes) -> bool:
    before, after = codec.pack(np.zeros(2, RECORD))
    with pytest.raises(ContractViolation, match="another layout"):
        codec.unpack([before, state, after], RECORD)
    return True


@given(STATES, st.data())
def test_a_state_that_was_cut_off_is_refused(state: bytes, data: st.DataObject) -> None:
    assert _refused(state[: data.draw(st.integers(0, len(state) - 1))])


@given(STATES, st.binary(min_size=1, max_size=20))
def test_a_state_with_something_behind_it_is_refused(state: bytes, more: bytes) -> None:
    assert _refused(state + more)


@given(STATES, st.integers(0, 255).filter(lambda version: version != codec.VERSION))
def test_a_state_of_another_version_is_refused(state: bytes, version: int) -> None:
    assert _refused(bytes([version]) + state[1:])


def test_bytes_with_a_flipped_bit_are_refused_or_are_exactly_the_state_that_they_say() -> None:
    [state] = codec.pack(_records([{0: 1, 5: 2**63}]))
    accepted = []
    for bit in range(8 * len(state)):
        flipped = bytearray(state)
        flipped[bit // 8] ^= 1 << (bit % 8)
        try:
            [again] = codec.pack(codec.unpack([bytes(flipped)], RECORD))
        except ContractViolation:
            continue
        if again != flipped:
            accepted.append((bit // 8, bit % 8))
    assert accepted == []


def test_a_state_above_four_kilobytes_is_refused_with_what_to_do() -> None:
    record = np.dtype([("words", "u8", (600,))])
    just_small_enough = codec.MAX_STATE_BYTES // 8 - 10
    records = np.zeros(1, record)
    records["words"][0, :just_small_enough] = 1
    assert len(codec.pack(records)[0]) <= codec.MAX_STATE_BYTES
    records["words"][0, just_small_enough] = 1
    with pytest.raises(ContractViolation, match="take features out of the workload"):
        codec.pack(records)
