"""One partition of the event log, looked at from the side and delivered in chunks."""

from collections.abc import Iterable, Iterator
from itertools import repeat

from schemas.errors import Transient
from stream_app.core.blocks import Block
from stream_app.core.hashing import anchor
from stream_app.core.log import LogRecord
from stream_app.partition.driver import Stopping
from stream_app.partition.effects import LogBounds

_CHUNK = 500


class EventPartition:
    """The offsets from `begin` on, appended at the end, cut off at the beginning by retention.

    An offset holds a record, or nothing by right, or is a hole: what records and `nothing` leave out is missing.
    """

    def __init__(self, records: Iterable[LogRecord] = (), nothing: Iterable[range] = ()) -> None:
        self.begin_anew(records, nothing)

    def append(self, record: LogRecord) -> None:
        """Write a record at the end. Raises ValueError when its offset is another."""
        if record.offset != self.end:
            raise ValueError(f"the next record has offset {self.end}, not {record.offset}")
        self._records[record.offset] = record
        self.end += 1

    def append_nothing(self, count: int = 1) -> None:
        """Write what is no record to those who read what is committed: a marker, or a run that was aborted."""
        self._nothing.update(range(self.end, self.end + count))
        self.end += count

    def cut(self, begin: int) -> None:
        """Forget what is older."""
        self.begin = begin

    def begin_anew(self, records: Iterable[LogRecord], nothing: Iterable[range] = ()) -> None:
        """Be deleted and made again, with other records."""
        self._records = {record.offset: record for record in records}
        self._nothing = {offset for empty in nothing for offset in empty}
        self.begin = 0
        self.end = 1 + max(self._records.keys() | self._nothing, default=-1)

    def read(self, position: int, count: int) -> Block:
        """At most so many offsets from the position on. Raises Transient outside of the log."""
        if not self.begin <= position <= self.end:
            raise Transient(f"the log has no offset {position}: it runs from {self.begin} to {self.end}")
        asked = range(position, min(position + count, self.end))
        records = [self._records[offset] for offset in asked if offset in self._records]
        nothing = [range(offset, offset + 1) for offset in asked if offset in self._nothing]
        return Block.of(records, nothing, begin=asked.start, end=asked.stop)

    def look_at(self, offset: int | None) -> LogBounds:
        """Bounds of the log, and what it holds at an offset if that is still there."""
        there = offset is not None and self.begin <= offset
        record = self._records.get(offset) if offset is not None and there else None
        hashed = None if record is None else anchor(record.value)
        return LogBounds(self.begin, self.end, hashed, there and offset in self._nothing)


class MemoryEventLog:
    """The partition, looked at from the side."""

    def __init__(self, partition: EventPartition) -> None:
        self._partition = partition

    async def inspect(self, offset: int | None) -> LogBounds:
        """Bounds of the log, and what stands at an offset."""
        return self._partition.look_at(offset)


class MemoryFeed:
    """Delivers the partition in chunks of so many offsets."""

    def __init__(self, partition: EventPartition, sizes: Iterable[int] = repeat(_CHUNK)) -> None:
        self._partition = partition
        self._sizes: Iterator[int] = iter(sizes)
        self._next = 0
        self._stopping = False

    async def seek(self, position: int) -> None:
        """Deliver from the position on."""
        self._next = position

    async def receive(self) -> Block:
        """The next chunk, none at the end of the log. Raises Stopping once told to stop."""
        if self._stopping:
            raise Stopping
        chunk = self._partition.read(self._next, next(self._sizes))
        self._next = chunk.end
        return chunk

    def stop(self) -> None:
        """Deliver nothing any more."""
        self._stopping = True
