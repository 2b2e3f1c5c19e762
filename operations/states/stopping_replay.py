"""Replays one partition's log and stops at chosen offsets."""

from bisect import bisect_left
from collections.abc import Collection, Iterator

from schemas.errors import ContractViolation
from stream_app.core.engine import Engine
from stream_app.core.hashing import anchor
from stream_app.core.log import PlainRecord
from stream_app.core.replay import Replay, Step
from stream_app.ports.topic_log import TopicLog


class StoppingReplay:
    """A replay under way: `position` is the next offset, `anchor` the hash of the record before it if it was read."""

    def __init__(
        self, engine: Engine, log: TopicLog, partition: int, barred: Collection[int] = frozenset(), begin: int = 0
    ) -> None:
        self.fold = Replay(engine, partition, log.partitions, barred)
        self.position = begin
        self.anchor: int | None = None
        self._partition = partition
        self._reading = log.read(partition, begin)
        self._pending: list[PlainRecord] = []

    def up_to(self, position: int) -> Iterator[Step]:
        """Apply the records below an offset. Raises ContractViolation when the log has none of them, or a hole."""
        while self.position < position:
            records = self._pending or self._more(position)
            cut = bisect_left(records, position, key=lambda record: record.offset)
            taken, self._pending = records[:cut], records[cut:]
            yield from self.fold.apply(taken)
            self.position, self.anchor = taken[-1].offset + 1, anchor(taken[-1].value)

    def close(self) -> None:
        """Read no further."""
        self._reading.close()

    def _more(self, position: int) -> list[PlainRecord]:
        records = next(self._reading, None)
        if records is None:
            raise ContractViolation(
                f"the position {position} of partition {self._partition} lies outside its log, which ends at "
                f"{self.position}: the topic was recreated, or Redis belongs to another deployment",
                state="position_outside_log",
            )
        if records[0].offset != self.position or records[-1].offset - self.position != len(records) - 1:
            raise ContractViolation(
                f"partition {self._partition} has a hole behind offset {self.position}: its topic is compacted, or "
                "written in transactions",
                state="hole_in_log",
            )
        return records
