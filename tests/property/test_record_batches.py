"""Of any fetch our reader makes the rows that aiokafka's would, or one named refusal, in bounded memory and time."""

import resource
import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record import MemoryRecords
from aiokafka.structs import TopicPartition

from proofs.batches import COMMIT, CONTROL, marker, mended, varint
from proofs.damaged_batches import DAMAGES, Fetch, fetch
from stream_app.adapters.kafka.decompression import unpack
from stream_app.adapters.kafka.record_batches import BatchReader
from stream_app.core.blocks import Block
from stream_app.core.record_headers import number_at
from stream_app.ports.fetching import UnreadableBatch

MOST_BYTES = 2 << 20
IN_THE_SUITE = 2_000
AT = TopicPartition("events", 0)
READ_COMMITTED = 1
MOST_S = 5.0
MOST_GROWTH_KB = 200 << 10

Row = tuple[int, int, bytes | None, bytes | None]


@pytest.fixture(scope="module")
def reader() -> BatchReader:
    return BatchReader(MOST_BYTES)


def rows_of_aiokafka(one: Fetch) -> tuple[list[Row], Exception | None]:
    """Its rows, and what ended them, if anything did."""
    rows: list[Row] = []
    try:
        records = MemoryRecords(one.fetched)
        found = PartitionRecords(AT, records, one.aborted, one.wanted, None, None, True, READ_COMMITTED)
        rows += ((record.offset, record.timestamp, record.key, record.value) for record in found)
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return rows, error
    return rows, None


def rows_of(block: Block) -> list[Row]:
    return [(record.offset, record.timestamp, record.key, record.value) for record in block]


@contextmanager
def told_of(what: str) -> Iterator[None]:
    """An error in here says what it is about."""
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


def refused(reader: BatchReader, one: Fetch) -> str | None:
    """Why nothing of a fetch can be read; None if what can be read is what aiokafka reads."""
    try:
        block = reader.read(AT, one.fetched, one.wanted, one.aborted)
    except UnreadableBatch as error:
        return error.cause
    assert (block.begin, block.begin <= block.end) == (one.wanted, True)
    assert all(block.begin <= empty.start < empty.stop <= block.end for empty in block.nothing)
    assert not any(offset in empty for empty in block.nothing for offset in block.offsets.tolist())
    batches = up_to(one.fetched, block.end)
    rows, ended = rows_of_aiokafka(one._replace(fetched=b"".join(batches)))
    if ended is not None:
        batches = [sound_marker(batch) if holds_nothing(batch, block) else headless(batch) for batch in batches]
        rows, ended = rows_of_aiokafka(one._replace(fetched=b"".join(batches)))
    assert ended is None
    assert rows_of(block) == rows
    return None


def holds_nothing(batch: bytes, block: Block) -> bool:
    """Whether a block says so of a batch."""
    last = struct.unpack_from(">q", batch)[0] + struct.unpack_from(">i", batch, 23)[0]
    return any(last in empty for empty in block.nothing)


def sound_marker(batch: bytes) -> bytes:
    """A marker as it should be; where ours did not have to look into it, it is of no consequence which."""
    (base,), (attributes,), (producer,) = (
        struct.unpack_from(*at) for at in ((">q", batch), (">h", batch, 21), (">q", batch, 43))
    )
    if not attributes & CONTROL:
        return batch
    try:
        _, at = number_at(batch, 61)
        at += 1
        for _ in ("time", "offset", "size of the key"):
            _, at = number_at(batch, at)
        (kind,) = struct.unpack_from(">h", batch, at + 2)
    except (IndexError, struct.error):
        kind = COMMIT
    return replace(marker(base, producer, kind), last_delta=struct.unpack_from(">i", batch, 23)[0]).to_bytes()


def up_to(fetched: bytes, end: int) -> list[bytes]:
    """The batches that begin before an offset, as long as they follow one another."""
    batches, reached = [], -1
    while len(fetched) >= 12:
        base, length = struct.unpack_from(">qi", fetched)
        if not reached <= base < end or len(fetched) < 12 + length:
            break
        batches.append(fetched[: 12 + length])
        reached = base + struct.unpack_from(">i", fetched, 23)[0] + 1
        fetched = fetched[12 + length :]
    return batches


def headless(batch: bytes) -> bytes:
    """A batch without the headers of its records: aiokafka refuses records for the sake of those."""
    attributes, count = struct.unpack_from(">h", batch, 21)[0], struct.unpack_from(">i", batch, 57)[0]
    room = bytearray(MOST_BYTES)
    plain, at = batch[61:], 0
    if attributes & 7:
        plain = bytes(room[: unpack(attributes & 7, memoryview(plain), memoryview(room))])
    records = []
    for _ in range(count):
        size, at = number_at(plain, at)
        end = at + size
        begin, (_, at) = at, number_at(plain, at + 1)
        _, at = number_at(plain, at)
        for _ in ("key", "value"):
            length, at = number_at(plain, at)
            at += max(0, length)
        body = plain[begin:at] + b"\0"
        records.append(varint(len(body)) + body)
        at = end
    head = bytearray(batch[:61])
    struct.pack_into(">h", head, 21, attributes & ~7)
    return mended(bytes(head) + b"".join(records))


SOUND_CAUSES = ("it is cut off by the end of the fetch", "it stands where offset")
"""Of refusals of sound batches: what is wanted may lie behind the only one, which may be cut off."""


def test_of_any_fetch_come_the_rows_that_aiokafka_reads_or_one_refusal(
    reader: BatchReader, request: pytest.FixtureRequest
) -> None:
    asked: int | None = request.config.getoption("--fuzz")
    first = 0 if asked is None else int(request.config.option.hypothesis_seed)
    told: Counter[tuple[str, bool]] = Counter()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest_s = 0.0
    for seed in range(first, first + (asked or IN_THE_SUITE)):
        one, began_s = fetch(seed), time.process_time()
        with told_of(f"the fetch of seed {seed} ({one.kind})"):
            cause = refused(reader, one)
        slowest_s = max(slowest_s, time.process_time() - began_s)
        told[one.kind, cause is None] += 1
        assert one.kind != "none" or cause is None or cause.startswith(SOUND_CAUSES), seed
    assert all(told[kind, True] > 0 for kind in DAMAGES)
    assert slowest_s < MOST_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < MOST_GROWTH_KB
