"""The events topic as Kafka keeps it: plain producers and transactional ones write to it side by side.

Who reads what is committed reads up to the first record whose transaction is open, and is told which offsets before
that hold nothing: markers, and records that were aborted.
"""

from collections.abc import Iterator

from proofs.simulation.kafka_model import ABORTED, COMMITTED, OPEN, TopicEntry
from stream_app.core.blocks import Block
from stream_app.core.hashing import anchor
from stream_app.core.log import LogRecord, PlainRecord
from stream_app.partition.effects import Anchor, LogBounds


class LogModel:
    """One partition. A marker is an entry that nobody is given, an aborted one, of no record."""

    def __init__(self) -> None:
        self._entries: list[TopicEntry] = []
        self._open: dict[int, list[TopicEntry]] = {}

    @property
    def end(self) -> int:
        """The offset that comes next."""
        return len(self._entries)

    @property
    def stable_end(self) -> int:
        """The offset of the first record whose transaction is open, or the end."""
        return next((at for at, entry in enumerate(self._entries) if entry.fate == OPEN), self.end)

    @property
    def writers(self) -> list[int]:
        """The producers that have a transaction open."""
        return list(self._open)

    def append(self, value: bytes, writer: int | None = None) -> None:
        """Write a record, by a plain producer or into the open transaction of another, which begins if need be."""
        entry = TopicEntry(PlainRecord(self.end, 1, None, value), COMMITTED if writer is None else OPEN)
        self._entries.append(entry)
        if writer is not None:
            self._open.setdefault(writer, []).append(entry)

    def finish(self, writer: int, commit: bool) -> list[bytes]:
        """End a producer's transaction: its fate is sealed by a marker. The values that were in it."""
        ended = self._open.pop(writer)
        for entry in ended:
            entry.fate = COMMITTED if commit else ABORTED
        self._entries.append(TopicEntry(None, ABORTED))
        return [entry.what.value for entry in ended]

    def records(self) -> list[LogRecord]:
        """All that were committed."""
        return [entry.what for entry in self._entries if entry.fate == COMMITTED]

    def record_at(self, offset: int) -> LogRecord | None:
        """What was committed at an offset."""
        entry = self._entries[offset]
        return entry.what if entry.fate == COMMITTED else None

    def read(self, begin: int, end: int, without: int | None = None) -> Block:
        """What readers of committed records are given of these offsets; one of them may be `without` what it holds."""
        return self._block(begin, min(end, self.stable_end), (COMMITTED,), without)

    def read_uncommitted(self, begin: int, end: int) -> Block:
        """The same for readers of every record."""
        return self._block(begin, min(end, self.end), (COMMITTED, ABORTED, OPEN), None)

    def look_at(self, offset: int | None) -> LogBounds:
        """The bounds, and what stands at an offset."""
        if offset is None or not 0 <= offset < self.end:
            return LogBounds(0, self.end, None)
        record = self.record_at(offset)
        return LogBounds(0, self.end, anchor(record.value) if record else None, self._entries[offset].fate == ABORTED)

    def anchor_before(self, position: int) -> Anchor | None:
        """What a session that stands there has applied last."""
        found = (self.record_at(offset) for offset in reversed(range(position)))
        return next((Anchor(record.offset, anchor(record.value)) for record in found if record), None)

    def _block(self, begin: int, end: int, seen: tuple[int, ...], without: int | None) -> Block:
        end = max(begin, end)
        places = [at for at in range(begin, end) if self._is_record(at, seen)]
        records = (self._entries[at].what for at in places if at != without)
        return Block.of(records, _ranges(begin, end, places), end, begin)

    def _is_record(self, offset: int, seen: tuple[int, ...]) -> bool:
        entry = self._entries[offset]
        return entry.what is not None and entry.fate in seen


def _ranges(begin: int, end: int, places: list[int]) -> Iterator[range]:
    """What lies between places."""
    for place in (*places, end):
        if begin < place:
            yield range(begin, place)
        begin = place + 1
