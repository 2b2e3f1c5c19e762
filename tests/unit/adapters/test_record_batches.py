"""Record batches are read as columns; what is wrong with one is a refusal with its offsets, and costs no memory."""

import resource
from dataclasses import replace

import cramjam
import pytest

from proofs.batches import ABORT, APPENDED, COMMIT, LZ4, TRANSACTIONAL, ZSTD, Batch, Entry, marker, pack
from stream_app.adapters.kafka.record_batches import BatchReader
from stream_app.ports.fetching import UnreadableBatch

MOST_BYTES = 1 << 20
GROWN_KB = 200 << 10


@pytest.fixture
def reader() -> BatchReader:
    return BatchReader(MOST_BYTES, 1 << 19)


def batch(base: int, *values: bytes | None, **more: int) -> Batch:
    entries = tuple(Entry(delta, delta * 10, b"key", value) for delta, value in enumerate(values))
    return replace(Batch(base, entries), **more)  # type: ignore[arg-type]  # numbers of fields that are numbers


def cause(reader: BatchReader, *batches: Batch | bytes, wanted: int = 0) -> str:
    fetched = b"".join(one if isinstance(one, bytes) else one.to_bytes() for one in batches)
    with pytest.raises(UnreadableBatch) as refused:
        reader.read("events[0]", fetched, wanted)
    return refused.value.cause


def test_a_header_key_that_is_not_utf_8_is_escaped_where_a_letter_asks_for_it(reader: BatchReader) -> None:
    foul = Batch(0, (Entry(0, 0, b"ana", b"{}", (("größe".encode("latin-1"), b"1"),)),))
    (record,) = reader.read("events[0]", foul.to_bytes(), 0)
    assert (record.value, record.headers) == (b"{}", (("gr\\xf6\\xdfe", b"1"),))


def test_headers_that_cannot_be_read_keep_no_record_from_being_one(reader: BatchReader) -> None:
    foul = Batch(0, (Entry(0, 0, None, b"{}", header_count=-1), Entry(1, 0, None, b"[]", header_count=1 << 40)))
    assert [record.value for record in reader.read("events[0]", foul.to_bytes(), 0)] == [b"{}", b"[]"]


def test_a_bit_that_turned_over_is_a_refusal_with_the_offsets(reader: BatchReader) -> None:
    whole = bytearray(batch(7, b"a", b"b").to_bytes())
    whole[-3] ^= 1
    with pytest.raises(UnreadableBatch, match=r"events\[0\] with offsets 7 to 7 .* its checksum does not hold") as told:
        reader.read("events[0]", bytes(whole), 7)
    assert (told.value.wanted, told.value.begin, told.value.state) == (7, 7, "unreadable_batch")


@pytest.mark.parametrize("codec", [LZ4, ZSTD])
@pytest.mark.parametrize("first", ["a small frame", "a skippable frame"])
def test_frames_behind_the_first_are_bounded_too(reader: BatchReader, codec: int, first: str) -> None:
    library = cramjam.lz4 if codec == LZ4 else cramjam.zstd
    compressor = library.Compressor(level=1)
    for _ in range(GROWN_KB >> 10):
        compressor.compress(bytes(1 << 20))
    grown = bytes(compressor.finish())
    before = b"\x50\x2a\x4d\x18\x04\0\0\0skip" if first == "a skippable frame" else pack(codec, b"tiny")
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    why = cause(reader, replace(batch(0, b"a"), codec=codec, payload=before + grown))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < GROWN_KB / 4
    assert "does not unpack into 1,048,576 bytes" in why


def test_what_does_not_fit_behind_other_batches_is_left_to_the_next_fetch(reader: BatchReader) -> None:
    large = [batch(base, *[bytes(200_000)] * 3, codec=ZSTD) for base in (0, 3)]
    fetched = b"".join(one.to_bytes() for one in large)
    first = reader.read("events[0]", fetched, 0)
    assert (len(first), first.end) == (3, 3)
    assert len(reader.read("events[0]", fetched[len(large[0].to_bytes()) :], 3)) == 3


def test_a_damaged_batch_behind_a_sound_one_is_left_to_the_next_fetch(reader: BatchReader) -> None:
    fetched = batch(0, b"a").to_bytes() + batch(1, b"b", crc_error=1).to_bytes()
    assert reader.read("events[0]", fetched, 0).end == 1
    assert "checksum" in cause(reader, batch(1, b"b", crc_error=1), wanted=1)


def test_a_record_has_a_bound_of_its_own(reader: BatchReader) -> None:
    assert cause(reader, batch(0, bytes(600_000), codec=ZSTD)) == "a record is too large"


def test_the_time_of_a_record_is_its_own_or_the_brokers(reader: BatchReader) -> None:
    sent = batch(0, b"a", b"b").to_bytes()
    appended = batch(2, b"c", flags=APPENDED).to_bytes()
    times = reader.read("events[0]", sent + appended, 0).timestamps.tolist()
    assert times == [1_700_000_000_000, 1_700_000_000_010, 1_700_000_100_000]


def test_a_fetch_begins_with_what_is_wanted(reader: BatchReader) -> None:
    block = reader.read("events[0]", batch(4, b"a", b"b", b"c").to_bytes(), 5)
    assert (block.begin, block.offsets.tolist(), block.end) == (5, [5, 6], 7)


def test_an_aborted_transaction_and_every_marker_hold_nothing_by_right(reader: BatchReader) -> None:
    batches = [
        batch(0, b"kept", flags=TRANSACTIONAL, producer_id=1),
        batch(1, b"aborted", b"too", flags=TRANSACTIONAL, producer_id=2),
        marker(3, 1, COMMIT),
        marker(4, 2, ABORT),
        batch(5, b"of the next", flags=TRANSACTIONAL, producer_id=2),
    ]
    block = reader.read("events[0]", b"".join(one.to_bytes() for one in batches), 0, [(2, 1)])
    assert [record.value for record in block] == [b"kept", b"of the next"]
    assert block.nothing == (range(1, 5),)
    assert block.missing_from(0) == block.end == 6


def test_offsets_without_a_record_are_missing_inside_a_batch_and_between_two(reader: BatchReader) -> None:
    compacted = Batch(0, (Entry(0, 0, None, b"a"), Entry(2, 0, None, b"c")))
    block = reader.read("events[0]", compacted.to_bytes() + batch(5, b"f").to_bytes(), 0)
    assert [block.missing_from(offset) for offset in (0, 2, 4)] == [1, 3, 4]


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (batch(0, b"a", magic=1), "it is of format 1, and 2 is read"),
        (batch(0, b"a", length_error=-60), "its length is"),
        (batch(0, b"a", length_error=1), "it is cut off by the end of the fetch"),
        (batch(0, b"a", count=-1), "it holds no -1 records"),
        (batch(0, b"a", count=1 << 30), "it holds no 1073741824 records"),
        (batch(0, b"a", count=0), "there are bytes behind its records"),
        (batch(0, b"a", last_delta=-1), "its offsets are none"),
        (batch(0, b"a", b"b", last_delta=0), "its offsets do not rise within its bounds"),
        (batch(0, b"a", codec=7), "there is no codec 7"),
        (replace(batch(0), entries=(Entry(0, 0, None, b"a", size_error=-1),)), "the size of a record"),
        (replace(batch(0), entries=(Entry(0, 0, None, b"a", size_error=1),)), "a record is cut off"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_wrong_is_named(reader: BatchReader, damaged: Batch, why: str) -> None:
    assert cause(reader, damaged).startswith(why)


def test_a_batch_that_stands_before_what_is_wanted_is_refused(reader: BatchReader) -> None:
    assert cause(reader, batch(0, b"a"), wanted=3) == "it stands where offset 3 should"


def test_nothing_fetched_is_nothing_read(reader: BatchReader) -> None:
    block = reader.read("events[0]", b"", 9)
    assert (len(block), block.begin, block.end) == (0, 9, 9)
