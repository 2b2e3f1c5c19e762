"""Reads the record batches of a fetch as columns (Kafka's format 2): nothing in them raises but one refusal.

Header, checksum, attributes, decompression into a room of one size for all, then one pass that finds the records.
Batches without events (the markers of transactions, what was written in aborted ones) are ranges of offsets that hold
nothing by right. Headers of records are not looked into.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from aiokafka.record.util import calc_crc32c

from stream_app.adapters.kafka.decompression import Unpackable, unpack
from stream_app.adapters.kafka.record_kernel import COLUMNS, LEAST_BYTES, WORDS, BatchRow, Flaw, find_records
from stream_app.core.blocks import ROOM, Block
from stream_app.core.record_headers import number_at
from stream_app.core.tables import Bytes, Integers
from stream_app.ports.fetching import UnreadableBatch

MOST_BYTES: Final = 64 << 20
"""Of the batches of a block, unpacked: 64 times what the topic lets a compressed one have. What does not fit behind
other batches is read by the next fetch."""
MOST_RECORDS: Final = 1 << 20
"""Of a block: each takes up 64 bytes beside its own."""
MOST_RECORD_BYTES: Final = 32 << 20
"""Of one record."""

_HEADER = struct.Struct(">qiibIhiqqqhii")
_OVERHEAD, _LEAST_LENGTH, _MAGIC_AT, _CHECKED_FROM, _MAGIC = 12, 49, 16, 21, 2
_CODEC, _APPENDED, _TRANSACTIONAL, _CONTROL = 7, 8, 16, 32
_LAST_OFFSET = 1 << 60
_MARKER, _MARKER_BYTES, _ABORT = struct.Struct(">hh"), 64, 0

Aborted = Sequence[tuple[int, int]]
"""Producers whose transaction was aborted, each with the transaction's first offset."""


class _Wrong(Exception):
    """A batch is not as it should be. `begin` and `end` are its offsets as far as it says."""

    def __init__(self, cause: str, begin: int | None = None, end: int | None = None) -> None:
        super().__init__(cause)
        self.begin, self.end = begin, end


class _Batch(NamedTuple):
    """A batch as it was sent."""

    base_offset: int
    last_delta: int
    attributes: int
    first_ms: int
    most_ms: int
    producer_id: int
    records: int
    payload: memoryview

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.base_offset + self.last_delta + 1


class BatchReader:
    """Reads fetches one after the other, in a room that is kept."""

    def __init__(self, most_bytes: int = MOST_BYTES, most_record_bytes: int = MOST_RECORD_BYTES) -> None:
        self._room: Bytes = np.empty(most_bytes, np.uint8)
        self._most_record_bytes = most_record_bytes
        find_records(self._room[:0], np.zeros((0, len(BatchRow._fields)), np.int64), 0, 0, _columns(0))

    def read(self, at: object, fetched: bytes | memoryview, wanted: int, aborted: Aborted = ()) -> Block:
        """The records from the wanted offset on, up to the first batch that cannot be read now.

        That is one that is cut off by the end of the fetch, that does not fit behind the others, or that is damaged.
        Raises UnreadableBatch when the first of them is damaged. `at` is what the topic's partition is called.
        """
        sorting = _Sorting(self._room.data, wanted, aborted)
        wrong: _Wrong | None = None
        try:
            for batch in _batches(memoryview(fetched)):
                sorting.take(batch)
        except _Wrong as error:
            wrong = error
        columns = _columns(sum(row.records for row in sorting.rows))
        rows = np.array(sorting.rows, np.int64).reshape(-1, len(BatchRow._fields))
        records, read, fault = find_records(self._room, rows, wanted, self._most_record_bytes, columns)
        if fault is not Flaw.NONE:
            row = sorting.rows[read]
            wrong = _Wrong(WORDS[fault], row.base_offset, row.base_offset + row.last_delta + 1)
            sorting.forget_from(row.base_offset)
        if wrong is not None and sorting.position == wanted:
            begin = wanted if wrong.begin is None else wrong.begin
            end = wanted + 1 if wrong.end is None else wrong.end
            raise UnreadableBatch(at, wanted, begin, max(end, begin + 1), str(wrong))
        return _block(self._room[: sorting.filled], columns[:, :records], wanted, sorting)


class _Sorting:
    """The batches of a fetch sorted out: data that are unpacked, and offsets that hold nothing by right."""

    def __init__(self, room: memoryview, wanted: int, aborted: Aborted) -> None:
        self.rows: list[BatchRow] = []
        self.nothing: list[range] = []
        self.position = wanted
        self.filled = 0
        self._records = 0
        self._room = room
        self._wanted = wanted
        self._to_abort = sorted(aborted, key=lambda one: one[1], reverse=True)
        self._aborted: set[int] = set()

    def take(self, batch: _Batch) -> None:
        """Sort out the next one. Raises _Wrong."""
        try:
            self._must_follow(batch)
            if self._holds_nothing(batch):
                self._add_nothing(range(max(batch.base_offset, self._wanted), batch.end))
            else:
                self._add_data(batch)
        except (Unpackable, _Wrong) as error:
            raise _Wrong(str(error), batch.base_offset, batch.end) from error
        self.position = batch.end

    def forget_from(self, base_offset: int) -> None:
        """Take the batch at this offset, and what follows, for not sorted out."""
        self.position = max(self._wanted, base_offset)
        before = (range(empty.start, min(empty.stop, self.position)) for empty in self.nothing)
        self.nothing = [empty for empty in before if empty]

    def _must_follow(self, batch: _Batch) -> None:
        """Only the first batch of a fetch may begin before what is wanted."""
        first = self.position == self._wanted
        if batch.last_delta < 0 or batch.base_offset < 0 or batch.end > _LAST_OFFSET:
            raise _Wrong("its offsets are none")
        if batch.end <= self.position or (batch.base_offset < self.position and not first):
            raise _Wrong(f"it stands where offset {self.position} should")

    def _holds_nothing(self, batch: _Batch) -> bool:
        while self._to_abort and self._to_abort[-1][1] <= batch.base_offset:
            self._aborted.add(self._to_abort.pop()[0])
        if batch.attributes & _CONTROL:
            if self._aborted and _is_abort(batch):
                self._aborted.discard(batch.producer_id)
            return True
        return bool(batch.attributes & _TRANSACTIONAL) and batch.producer_id in self._aborted

    def _add_nothing(self, offsets: range) -> None:
        if self.nothing and self.nothing[-1].stop == offsets.start:
            offsets = range(self.nothing.pop().start, offsets.stop)
        self.nothing.append(offsets)

    def _add_data(self, batch: _Batch) -> None:
        size = self._unpacked(batch)
        if not 0 <= batch.records * LEAST_BYTES <= size:
            raise _Wrong(f"it holds no {batch.records} records in {size} bytes")
        self._records += batch.records
        if self._records > MOST_RECORDS:
            raise _Wrong(f"it has more than {MOST_RECORDS:,} records")
        begin, self.filled = self.filled, self.filled + size
        appended = int(bool(batch.attributes & _APPENDED))
        self.rows.append(
            BatchRow(
                begin,
                self.filled,
                batch.records,
                batch.base_offset,
                batch.last_delta,
                batch.first_ms,
                batch.most_ms,
                appended,
            )
        )

    def _unpacked(self, batch: _Batch) -> int:
        room, codec, size = self._room[self.filled :], batch.attributes & _CODEC, len(batch.payload)
        if codec:
            return unpack(codec, batch.payload, room)
        if size > len(room):
            raise _Wrong(f"it has more than {len(room):,} bytes")
        room[:size] = batch.payload
        return size


def _batches(fetched: memoryview) -> Iterator[_Batch]:
    """Batch by batch, up to one that is cut off. Raises _Wrong at one that is none, or whose first is cut off."""
    at = 0
    while at < len(fetched):
        rest = fetched[at:]
        if len(rest) <= _MAGIC_AT:
            break
        length, magic = int.from_bytes(rest[8:_OVERHEAD], "big", signed=True), rest[_MAGIC_AT]
        if magic != _MAGIC:
            raise _Wrong(f"it is of format {magic}, and {_MAGIC} is read")
        if length < _LEAST_LENGTH:
            raise _Wrong(f"its length is {length} bytes")
        if _OVERHEAD + length > len(rest):
            break
        yield _batch(rest[: _OVERHEAD + length])
        at += _OVERHEAD + length
    if at == 0 and len(fetched):
        raise _Wrong("it is cut off by the end of the fetch, which should bring one whole batch at least")


def _batch(whole: memoryview) -> _Batch:
    base, _, _, _, checksum, attributes, last_delta, first_ms, most_ms, producer, _, _, records = _HEADER.unpack_from(
        whole
    )
    if calc_crc32c(whole[_CHECKED_FROM:]) != checksum:
        raise _Wrong("its checksum does not hold: some of its bytes have changed", base)
    return _Batch(base, last_delta, attributes, first_ms, most_ms, producer, records, whole[_HEADER.size :])


def _is_abort(batch: _Batch) -> bool:
    """Whether a marker says that the producer's transaction was aborted."""
    text = bytes(batch.payload[:_MARKER_BYTES])
    try:
        _, attributes = number_at(text, 0)
        at = attributes + 1
        for _ in ("time", "offset", "size of the key"):
            _, at = number_at(text, at)
        _, kind = _MARKER.unpack_from(text, at)
    except (IndexError, struct.error) as error:
        raise _Wrong("it is a marker of a transaction, and cannot be read") from error
    return bool(kind == _ABORT)


def _columns(records: int) -> Integers:
    return np.empty((COLUMNS, records), np.int64)


def _block(filled: Bytes, columns: Integers, wanted: int, sorting: _Sorting) -> Block:
    text = np.zeros(len(filled) + len(ROOM), np.uint8)
    text[: len(filled)] = filled
    return Block(
        offsets=columns[0],
        timestamps=columns[1],
        text=text,
        keys=columns[2:4],
        values=columns[4:6],
        headers=columns[6:8],
        begin=wanted,
        end=sorting.position,
        nothing=tuple(sorting.nothing),
    )
