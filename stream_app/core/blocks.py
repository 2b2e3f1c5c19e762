"""A run of a partition's records as columns: bytes, and where in them each record's key, value and headers stand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, overload

import numpy as np

from stream_app.core import record_headers
from stream_app.core.log import LogRecord, PlainRecord
from stream_app.core.tables import Bytes, Integers

NONE: Final = -1
"""The size of what a record does not have."""
ROOM: Final = b"\0" * 24
"""Kernels read words at any place of a text: so there is room for three behind the last."""


@dataclass(frozen=True, eq=False, slots=True)
class Block(Sequence[LogRecord]):
    """Records in offset order, and what is known of the offsets around them.

    Every offset from `begin` up to, not including, `end` is that of a record, or lies in one of the ranges of
    `nothing`, in order: what holds nothing by right, such as a transaction's marker; or it is missing.

    offsets, timestamps    int64 (records)
    text                   uint8  at least 24 bytes of room behind the last record
    keys, values, headers  int64 (2, records)  the first byte of each in the text and its number of bytes, NONE if the
                           record has none

    Slices are views. That of the first records ends behind the last of them, so that what holds nothing before the
    next belongs to the rest; one that reaches the end of the block ends where the block does.
    """

    offsets: Integers
    timestamps: Integers
    text: Bytes
    keys: Integers
    values: Integers
    headers: Integers
    begin: int
    end: int
    nothing: tuple[range, ...] = ()

    @classmethod
    def of(
        cls,
        records: Iterable[LogRecord],
        nothing: Iterable[range] = (),
        end: int | None = None,
        begin: int | None = None,
    ) -> "Block":
        """Records at hand as a block. Unless told, it begins and ends with what it holds."""
        if isinstance(records, Block) and not nothing and end is None and begin is None:
            return records
        records, nothing = list(records), tuple(nothing)
        keys, values = [record.key for record in records], [record.value for record in records]
        headers = [record_headers.written(record.headers) if record.headers else None for record in records]
        texts = [*values, *keys, *headers]
        sizes = np.fromiter((NONE if text is None else len(text) for text in texts), np.int64, len(texts))
        ends = np.cumsum(np.maximum(sizes, 0))
        spans = np.stack([ends - np.maximum(sizes, 0), sizes])
        offsets = np.fromiter((record.offset for record in records), np.int64, len(records))
        known = [*offsets[:1].tolist(), *(empty.start for empty in nothing)]
        passed = [*(offsets[-1:] + 1).tolist(), *(empty.stop for empty in nothing)]
        first = min(known, default=end or 0) if begin is None else begin
        return cls(
            offsets=offsets,
            timestamps=np.fromiter((record.timestamp for record in records), np.int64, len(records)),
            text=np.frombuffer(bytearray().join([*(text for text in texts if text), ROOM]), np.uint8),
            values=spans[:, : len(records)],
            keys=spans[:, len(records) : 2 * len(records)],
            headers=spans[:, 2 * len(records) :],
            begin=first,
            end=max(passed, default=first) if end is None else end,
            nothing=nothing,
        )

    def __len__(self) -> int:
        return len(self.offsets)

    @overload
    def __getitem__(self, index: int) -> PlainRecord: ...
    @overload
    def __getitem__(self, index: slice) -> "Block": ...
    def __getitem__(self, index: int | slice) -> "PlainRecord | Block":
        """One record, or a run of them with the offsets that belong to it."""
        if isinstance(index, int):
            return self._record(range(len(self))[index])
        first, last, step = index.indices(len(self))
        if step != 1:
            raise ValueError(f"a slice of a block is a run of its records, not every {step}th: use take")
        begin = self.begin if first == 0 else self._passed(first)
        end = self.end if last >= len(self) else self._passed(max(first, last))
        return self._part(slice(first, max(first, last)), begin, end)

    def __iter__(self) -> Iterator[PlainRecord]:
        return map(self._record, range(len(self)))

    def value_at(self, place: int) -> bytes | None:
        """The value of a record."""
        return self._bytes(self.values, place)

    def place_of(self, offset: int) -> int:
        """The place of the first record at this offset or behind it."""
        return int(np.searchsorted(self.offsets, offset))

    def between(self, begin: int, end: int) -> "Block":
        """What the block says of the offsets from `begin` up to, not including, `end`, as far as it reaches."""
        begin = min(max(begin, self.begin), self.end)
        end = max(min(end, self.end), begin)
        return self._part(slice(self.place_of(begin), self.place_of(end)), begin, end)

    def missing_from(self, offset: int) -> int:
        """The first offset at this one or behind it that is missing; the block's end if none is."""
        offset = max(offset, self.begin)
        shifted = self.offsets - np.arange(len(self))
        for empty in (*self.nothing, range(self.end, self.end)):
            if empty.stop <= offset and empty:
                continue
            first = self.place_of(offset)
            offset += max(0, int(np.searchsorted(shifted, offset - first, side="right")) - first)
            if offset < empty.start:
                return offset
            offset = max(offset, empty.stop)
        return offset

    def take(self, places: Integers) -> "Block":
        """The records at these rising places alone."""
        offsets = self.offsets[places]
        begin, end = (int(offsets[0]), int(offsets[-1]) + 1) if len(offsets) else (self.begin, self.begin)
        return Block(
            offsets,
            self.timestamps[places],
            self.text,
            self.keys.take(places, axis=1),
            self.values.take(places, axis=1),
            self.headers.take(places, axis=1),
            begin,
            end,
        )

    def _passed(self, places: int) -> int:
        """The offset behind so many of the first records, or behind the whole block."""
        if places == len(self):
            return self.end
        return int(self.offsets[places - 1]) + 1 if places else self.begin

    def _part(self, places: slice, begin: int, end: int) -> "Block":
        clipped = (range(max(empty.start, begin), min(empty.stop, end)) for empty in self.nothing)
        return Block(
            self.offsets[places],
            self.timestamps[places],
            self.text,
            self.keys[:, places],
            self.values[:, places],
            self.headers[:, places],
            begin,
            end,
            tuple(empty for empty in clipped if empty),
        )

    def _record(self, place: int) -> PlainRecord:
        headers = self._bytes(self.headers, place)
        return PlainRecord(
            int(self.offsets[place]),
            int(self.timestamps[place]),
            self._bytes(self.keys, place),
            self._bytes(self.values, place),
            record_headers.read(headers) if headers else (),
        )

    def _bytes(self, spans: Integers, place: int) -> bytes | None:
        begin, size = int(spans[0, place]), int(spans[1, place])
        return None if size == NONE else self.text[begin : begin + size].tobytes()
