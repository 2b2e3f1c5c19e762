"""One partition of the event log, looked at from the side and delivered in chunks."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

from schemas.errors import Transient
from stream_app.core.hashing import anchor
from stream_app.core.log import LogRecord
from stream_app.partition.driver import Stopping
from stream_app.partition.effects import LogBounds

_CHUNK = 500


class EventPartition:
    """The records from `begin` on: appended at the end, cut off at the beginning by retention."""

    def __init__(self, records: Iterable[LogRecord] = ()) -> None:
        self.begin = 0
        self._records = list(records)

    @property
    def end(self) -> int:
        """The offset that the next record gets."""
        return self.begin + len(self._records)

    def append(self, record: LogRecord) -> None:
        """Write a record at the end. Raises ValueError when its offset is another."""
        if record.offset != self.end:
            raise ValueError(f"the next record has offset {self.end}, not {record.offset}")
        self._records.append(record)

    def cut(self, begin: int) -> None:
        """Forget what is older."""
        del self._records[: begin - self.begin]
        self.begin = begin

    def begin_anew(self, records: Iterable[LogRecord]) -> None:
        """Be deleted and made again, with other records."""
        self.begin, self._records = 0, list(records)

    def read(self, position: int, count: int) -> Sequence[LogRecord]:
        """At most so many records from the position on. Raises Transient outside of the log."""
        if not self.begin <= position <= self.end:
            raise Transient(f"the log has no offset {position}: it runs from {self.begin} to {self.end}")
        first = position - self.begin
        return self._records[first : first + count]


class MemoryEventLog:
    """The partition, looked at from the side."""

    def __init__(self, partition: EventPartition) -> None:
        self._partition = partition

    async def inspect(self, position: int) -> LogBounds:
        """Bounds of the log, and the anchor of the record before the position if it is still there."""
        begin, end = self._partition.begin, self._partition.end
        if not begin < position <= end:
            return LogBounds(begin, end, None)
        (before,) = self._partition.read(position - 1, 1)
        return LogBounds(begin, end, anchor(before.value) if before.offset == position - 1 else None)


class MemoryFeed:
    """Delivers the partition in chunks of the given sizes."""

    def __init__(self, partition: EventPartition, sizes: Iterable[int] = repeat(_CHUNK)) -> None:
        self._partition = partition
        self._sizes: Iterator[int] = iter(sizes)
        self._next = 0
        self._stopping = False

    async def seek(self, position: int) -> None:
        """Deliver from the position on."""
        self._next = position

    async def receive(self) -> Sequence[LogRecord]:
        """The next chunk, none at the end of the log. Raises Stopping once told to stop."""
        if self._stopping:
            raise Stopping
        chunk = self._partition.read(self._next, next(self._sizes))
        self._next += len(chunk)
        return chunk

    def stop(self) -> None:
        """Deliver nothing any more."""
        self._stopping = True
