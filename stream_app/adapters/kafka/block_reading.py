"""Reads a partition block by block for those who wait for each: the worker's reader, in a loop that turns only then.

So what is read knows which offsets hold nothing by right, and which are missing.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import Transient
from stream_app.adapters.kafka.block_fetches import deliver_blocks
from stream_app.adapters.kafka.connection import aio_consumer
from stream_app.adapters.kafka.said import error_of
from stream_app.core.blocks import Block
from stream_app.deployment import KafkaConnection
from stream_app.ports.fetching import UnreadableBatch
from stream_app.ports.topic_log import Isolation

_ANSWER_WITHIN_S = 10.0
_AT_ONCE_BYTES = 4 << 20

Answer = TypeVar("Answer")


class BlockReading:
    """One partition from an offset on; belongs to no group and commits nothing. Raises Transient for silence."""

    def __init__(self, kafka: KafkaConnection, topic: str, partition: int, isolation: Isolation, begin: int) -> None:
        self._kafka, self._at = kafka, TopicPartition(topic, partition)
        with ExitStack() as opening:
            self._loop = opening.enter_context(asyncio.Runner())
            self._consumer = self._loop.run(self._made(isolation))
            opening.callback(lambda: self._loop.run(self._consumer.stop()))
            self._answer(self._started(begin))
            self._opened = opening.pop_all()

    def next(self) -> Block:
        """What comes next. Raises UnreadableBatch where the log cannot be read on."""
        found: Block | UnreadableBatch = self._answer(self._consumer.getone(self._at))
        if isinstance(found, UnreadableBatch):
            raise found
        return found

    def close(self) -> None:
        """Read no further."""
        self._opened.close()

    async def _made(self, isolation: Isolation) -> AIOKafkaConsumer:
        """In the loop: aiokafka asks for the one that runs."""
        consumer = aio_consumer(
            self._kafka, isolation_level=isolation, fetch_max_wait_ms=20, max_partition_fetch_bytes=_AT_ONCE_BYTES
        )
        deliver_blocks(consumer)
        return consumer

    async def _started(self, begin: int) -> None:
        await self._consumer.start()
        self._consumer.assign([self._at])
        self._consumer.seek(self._at, begin)

    def _answer(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return self._loop.run(asyncio.wait_for(asked, _ANSWER_WITHIN_S))
        except TimeoutError as error:
            raise Transient(
                f"nothing of {self._at.topic} came for {_ANSWER_WITHIN_S:.0f} s: see that the broker runs and that no "
                "writer has left a transaction open, then try again"
            ) from error
        except (KafkaError, OSError) as error:
            raise error_of(error, f"reading {self._at.topic}", self._kafka) from error
