"""A topic as it stands: all partitions up to the ends that they had when last looked at."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from schemas.alerts import Alert
from schemas.errors import ContractViolation
from stream_app.core.blocks import Block

Isolation = Literal["read_committed", "read_uncommitted"]


@dataclass(frozen=True)
class TopicFacts:
    """How a topic is kept. `begins` and `ends` are offsets, partition by partition; a retention of -1 is for ever."""

    name: str
    replication: int
    retention_ms: int
    begins: tuple[int, ...]
    ends: tuple[int, ...]


class TopicLog(Protocol):
    """Read partition by partition. Raises Transient when the broker falls silent."""

    @property
    def partitions(self) -> int:
        """How many there are."""

    @property
    def offsets(self) -> int:
        """How many offsets they hold together, markers of transactions included."""

    def begin(self, partition: int) -> int:
        """The offset of the first record of a partition that is still there."""

    def end(self, partition: int) -> int:
        """The offset behind the last record of a partition that counts."""

    def look_again(self, partition: int) -> None:
        """Take a partition to end where it ends now."""

    def read(self, partition: int, begin: int | None = None) -> Generator[Block, None, None]:
        """The partition in order, from its beginning or from an offset on, up to its end."""


def refuse_hole(block: Block, position: int, partition: int) -> None:
    """Raises ContractViolation when what comes next lacks a record at the position, or behind it."""
    missing = position if block.begin > position else block.missing_from(position)
    if missing < block.end:
        raise ContractViolation(
            f"partition {partition} has no record at offset {missing} and goes on behind it: its topic was compacted, "
            "or lost records",
            state="hole_in_log",
        )


def read_telling(log: TopicLog, partition: int, advance: Callable[[int], None]) -> Iterator[Block]:
    """A whole partition; `advance` is told how many more offsets have been dealt with.

    Raises ContractViolation at a hole: figures over what is left of a log would only look right.
    """
    position = log.begin(partition)
    for block in log.read(partition):
        refuse_hole(block, position, partition)
        yield block
        position = block.end
        advance(block.end - block.begin)


def read_alerts(log: TopicLog) -> Iterator[Alert]:
    """The alerts that a topic holds, partition by partition."""
    decoder = msgspec.json.Decoder(Alert)
    for partition in range(log.partitions):
        for chunk in log.read(partition):
            yield from (decoder.decode(record.value or b"") for record in chunk)
