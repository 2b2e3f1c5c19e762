"""The dead-letter topic as a list."""

from collections.abc import Sequence

from schemas.dead_letters import HEADER_PREFIX, HEADERS
from stream_app.core.intake import DeadLetter
from stream_app.core.log import PlainRecord


class MemoryDeadLetters:
    """All partitions' dead letters as they would stand in their topic, in the order of their arrival."""

    def __init__(self, source_topic: str) -> None:
        self.records: list[PlainRecord] = []
        self._source_topic = source_topic

    async def publish(self, letters: Sequence[DeadLetter], partition: int, session: str) -> None:
        """Write letters."""
        for letter in letters:
            record = letter.record
            facts = (self._source_topic, partition, record.offset, record.timestamp)
            texts = [str(fact).encode() for fact in (*facts, letter.reason, letter.message, session)]
            why = zip((HEADER_PREFIX + name for name in HEADERS), texts, strict=True)
            self.records.append(
                PlainRecord(len(self.records), record.timestamp, record.key, record.value, (*record.headers, *why))
            )
