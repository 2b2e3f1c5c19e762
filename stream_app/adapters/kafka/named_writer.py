"""Writes single records under a producer's identity that outlives its process, by way of aiokafka."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.errors import Transient
from stream_app.adapters.kafka.aiokafka_patches import drop, identity_of, take_identity
from stream_app.adapters.kafka.connection import aio_producer
from stream_app.deployment import KafkaConnection
from stream_app.ports.writing import OutgoingRecord, ProducerIdentity

_MAX_BYTES = 2 << 20
_REQUEST_TIMEOUT_MS = 10_000
_ANSWER_WITHIN_S = 15.0

Answer = TypeVar("Answer")


class KafkaNamedWriter:
    """Writes to whatever topics."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka

    def new_identity(self) -> ProducerIdentity:
        """One that nobody else has. Raises Transient when Kafka does not answer."""
        return asyncio.run(self._asked())

    def write_as(self, identity: ProducerIdentity, topic: str, partition: int, record: OutgoingRecord) -> int:
        """The offset of a record, whether it is written now or was written under this identity before.

        Raises Transient when Kafka does not answer; the record may have been written all the same.
        """
        return asyncio.run(self._written(identity, topic, partition, record))

    async def _asked(self) -> ProducerIdentity:
        producer = self._producer()
        try:
            await _answered(producer.start())
            return ProducerIdentity(*identity_of(producer))
        finally:
            await drop(producer)

    async def _written(self, identity: ProducerIdentity, topic: str, partition: int, record: OutgoingRecord) -> int:
        producer = self._producer()
        take_identity(producer, *identity)
        try:
            await _answered(producer.start())
            sent = await _answered(
                producer.send(topic, record.value, record.key, partition, record.timestamp, list(record.headers))
            )
            return int((await _answered(sent)).offset)
        finally:
            await drop(producer)

    def _producer(self) -> AIOKafkaProducer:
        return aio_producer(
            self._kafka, enable_idempotence=True, max_request_size=_MAX_BYTES, request_timeout_ms=_REQUEST_TIMEOUT_MS
        )


async def _answered(awaitable: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            return await awaitable
    except (KafkaError, OSError, TimeoutError) as error:
        raise Transient(
            f"Kafka did not take a record as it should, see that it runs, then try again: {error!r}"
        ) from error
