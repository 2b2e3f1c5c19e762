"""Looks at the event log from the side: is it still the log that the states were folded from?"""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream_app.adapters.kafka.block_fetches import deliver_blocks
from stream_app.adapters.kafka.connection import aio_consumer
from stream_app.adapters.kafka.said import error_of
from stream_app.core.blocks import Block
from stream_app.core.hashing import anchor
from stream_app.deployment import Deployment
from stream_app.partition.effects import LogBounds
from stream_app.ports.fetching import UnreadableBatch

_TIMEOUT_S = 15.0


class KafkaEventLog:
    """One partition of the events topic, up to its last stable offset."""

    def __init__(self, deployment: Deployment, partition: int) -> None:
        self._kafka = deployment.kafka
        self._at = TopicPartition(deployment.topics.events, partition)

    async def inspect(self, offset: int | None) -> LogBounds:
        """Bounds of the log, and what stands at an offset if that is still there."""
        consumer = aio_consumer(self._kafka, fetch_max_wait_ms=20, isolation_level="read_committed")
        deliver_blocks(consumer)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await consumer.start()
                return await self._look(consumer, offset)
        except (KafkaError, OSError, TimeoutError) as error:
            raise error_of(error, "looking at the event log") from error
        finally:
            await consumer.stop()

    async def _look(self, consumer: AIOKafkaConsumer, offset: int | None) -> LogBounds:
        consumer.assign([self._at])
        begin = (await consumer.beginning_offsets([self._at]))[self._at]
        end = (await consumer.end_offsets([self._at]))[self._at]
        if offset is None or not begin <= offset < end:
            return LogBounds(begin, end, None)
        consumer.seek(self._at, offset)
        found: Block | UnreadableBatch = await consumer.getone(self._at)
        if isinstance(found, UnreadableBatch):
            raise found
        there = found.between(offset, offset + 1)
        return LogBounds(begin, end, anchor(there.value_at(0)) if there else None, bool(there.nothing))
