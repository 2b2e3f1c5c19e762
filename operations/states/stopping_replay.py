"""Replays one partition's log and stops at chosen offsets."""

from collections.abc import Collection, Iterator

from schemas.errors import ContractViolation
from stream_app.core.blocks import Block
from stream_app.core.engine import Engine
from stream_app.core.hashing import anchor
from stream_app.core.replay import Replay, Step
from stream_app.partition.effects import Anchor
from stream_app.ports.topic_log import TopicLog, refuse_hole


class StoppingReplay:
    """A replay under way: `position` is the next offset, `anchor` the last record that was read before it, if any."""

    def __init__(
        self, engine: Engine, log: TopicLog, partition: int, barred: Collection[int] = frozenset(), begin: int = 0
    ) -> None:
        self.fold = Replay(engine, partition, log.partitions, barred)
        self.position = begin
        self.anchor: Anchor | None = None
        self._partition = partition
        self._reading = log.read(partition, begin)
        self._pending = Block.of((), begin=begin, end=begin)

    def up_to(self, position: int) -> Iterator[Step]:
        """Apply the records below an offset. Raises ContractViolation when the log has none of them, or a hole."""
        while self.position < position:
            block = self._pending if self._pending.end > self.position else self._more(position)
            taken, self._pending = block.between(self.position, position), block.between(position, block.end)
            if taken:
                yield from self.fold.apply(taken)
                self.anchor = Anchor(taken[-1].offset, anchor(taken[-1].value))
            self.position = taken.end

    def close(self) -> None:
        """Read no further."""
        self._reading.close()

    def _more(self, position: int) -> Block:
        block = next(self._reading, None)
        if block is None:
            raise ContractViolation(
                f"the position {position} of partition {self._partition} lies outside its log, which ends at "
                f"{self.position}: the topic was recreated, or Redis belongs to another deployment",
                state="position_outside_log",
            )
        refuse_hole(block, self.position, self._partition)
        return block
