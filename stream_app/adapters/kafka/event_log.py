"""Looks at the event log from the side: is it still the log that the states were folded from?"""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream_app.adapters.kafka.connection import aio_consumer
from stream_app.adapters.kafka.said import error_of
from stream_app.core.hashing import anchor
from stream_app.deployment import Deployment
from stream_app.partition.effects import LogBounds

_TIMEOUT_S = 15.0


class KafkaEventLog:
    """One partition of the events topic."""

    def __init__(self, deployment: Deployment, partition: int) -> None:
        self._kafka = deployment.kafka
        self._at = TopicPartition(deployment.topics.events, partition)

    async def inspect(self, position: int) -> LogBounds:
        """Bounds of the log, and the anchor of the record before the position if it is still there."""
        consumer = aio_consumer(self._kafka, fetch_max_wait_ms=20)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await consumer.start()
                return await self._look(consumer, position)
        except (KafkaError, OSError, TimeoutError) as error:
            raise error_of(error, "looking at the event log") from error
        finally:
            await consumer.stop()

    async def _look(self, consumer: AIOKafkaConsumer, position: int) -> LogBounds:
        consumer.assign([self._at])
        begin = (await consumer.beginning_offsets([self._at]))[self._at]
        end = (await consumer.end_offsets([self._at]))[self._at]
        if not begin < position <= end:
            return LogBounds(begin, end, None)
        consumer.seek(self._at, position - 1)
        record = await consumer.getone(self._at)
        return LogBounds(begin, end, anchor(record.value) if record.offset == position - 1 else None)
