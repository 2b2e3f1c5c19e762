"""A block says of each of its offsets what stands there, however it is cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.core.blocks import ROOM, Block
from stream_app.core.log import PlainRecord
from stream_app.core.record_headers import read, written

RECORDS = [
    PlainRecord(3, 1_000, b"ana", b"{}", (("trace", b"1"), ("größe", b""))),
    PlainRecord(4, 1_001, None, b""),
    PlainRecord(6, 1_002, b"", None),
    PlainRecord(9, 1_003, b"bo", b"behind a hole"),
]
NOTHING = (range(2, 3), range(5, 6), range(10, 13))
"""A marker before, between and behind; offsets 7 and 8 are missing."""


def block() -> Block:
    return Block.of(RECORDS, NOTHING)


def offsets_said(part: Block) -> list[int]:
    """All offsets of which a block says that they hold a record, or nothing by right."""
    return sorted([*part.offsets.tolist(), *(offset for empty in part.nothing for offset in empty)])


def test_records_come_back_as_they_were() -> None:
    assert list(block()) == RECORDS
    assert block()[-1] == RECORDS[-1]
    assert [block().value_at(place) for place in range(4)] == [record.value for record in RECORDS]


def test_it_spans_its_records_and_what_holds_nothing_around_them() -> None:
    assert (block().begin, block().end) == (2, 13)
    assert (Block.of(RECORDS).begin, Block.of(RECORDS).end) == (3, 10)
    assert (Block.of([], [range(5, 7)]).begin, Block.of([], [range(5, 7)]).end) == (5, 7)
    assert (Block.of([], begin=4, end=4).begin, Block.of([], end=9).begin) == (4, 9)


def test_a_block_of_a_block_is_that_block() -> None:
    one = block()
    assert Block.of(one) is one


def test_there_is_room_behind_the_text() -> None:
    assert block().text[-len(ROOM) :].tobytes() == ROOM


def test_a_slice_by_places_keeps_what_holds_nothing_before_its_last_record() -> None:
    first, rest = block()[:2], block()[2:]
    assert (first.begin, first.end, first.nothing) == (2, 5, (range(2, 3),))
    assert (rest.begin, rest.end, rest.nothing) == (5, 13, (range(5, 6), range(10, 13)))
    assert list(first) + list(rest) == RECORDS


def test_nothing_is_left_of_a_block_of_which_all_was_taken() -> None:
    left = block()[4:]
    assert (len(left), left.begin, left.end, left.nothing) == (0, 13, 13, ())


def test_a_slice_is_a_view() -> None:
    whole = block()
    part = whole[1:3]
    assert part.text is whole.text
    assert np.shares_memory(part.offsets, whole.offsets)


def test_only_runs_are_sliced() -> None:
    with pytest.raises(ValueError, match="use take"):
        block()[::2]


@given(st.integers(0, 4), st.integers(0, 4))
def test_slices_that_follow_one_another_say_all_that_the_block_says(first: int, second: int) -> None:
    one, other = sorted((first, second))
    parts = [block()[:one], block()[one:other], block()[other:]]
    assert [record for part in parts for record in part] == RECORDS
    assert [offset for part in parts for offset in offsets_said(part)] == offsets_said(block())
    assert all(before.end == after.begin for before, after in pairwise(parts))


@given(st.integers(0, 15), st.integers(0, 15))
def test_a_part_between_two_offsets_says_what_lies_between_them(begin: int, end: int) -> None:
    part = block().between(begin, end)
    assert offsets_said(part) == [offset for offset in offsets_said(block()) if begin <= offset < end]
    assert [record.offset for record in part] == part.offsets.tolist()


@pytest.mark.parametrize(
    ("asked", "missing"), [(0, 7), (2, 7), (3, 7), (5, 7), (6, 7), (7, 7), (8, 8), (9, 13), (11, 13), (13, 13)]
)
def test_the_first_missing_offset_is_neither_a_record_nor_nothing_by_right(asked: int, missing: int) -> None:
    assert block().missing_from(asked) == missing


@given(st.lists(st.sampled_from("rn-"), max_size=12), st.integers(0, 12))
def test_what_is_missing_is_found_wherever_it_lies(kinds: list[str], asked: int) -> None:
    records = [PlainRecord(offset, 0, None, b"{}") for offset, kind in enumerate(kinds) if kind == "r"]
    nothing = [range(offset, offset + 1) for offset, kind in enumerate(kinds) if kind == "n"]
    part = Block.of(records, nothing, begin=0, end=len(kinds))
    expected = next((offset for offset in range(asked, len(kinds)) if kinds[offset] == "-"), max(asked, len(kinds)))
    assert part.missing_from(asked) == expected


def test_chosen_records_stand_alone() -> None:
    chosen = block().take(np.array([0, 2]))
    assert list(chosen) == [RECORDS[0], RECORDS[2]]
    assert chosen.nothing == ()


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 8_191, 8_192, 100_000])
def test_headers_of_any_size_are_read_as_they_were_written(size: int) -> None:
    headers = (("k" * size, b"v" * size), ("", b""))
    assert read(written(headers)) == headers


def test_headers_that_are_cut_off_end_there() -> None:
    text = written([("one", b"1"), ("two", b"2")])
    for size in range(len(text)):
        assert read(text[:size]) in ((), (("one", b"1"),))


def test_a_header_key_that_is_not_utf_8_is_escaped() -> None:
    assert read(b"\x02\x0cgr\xf6\xdfe" + b"x\x021") == (("gr\\xf6\\xdfex", b"1"),)
