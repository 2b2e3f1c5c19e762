"""Writes records under a producer's identity that outlives its process, by way of aiokafka, one batch at a time."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.errors import Transient
from stream_app.adapters.kafka.aiokafka_patches import drop, identity_of, take_identity
from stream_app.adapters.kafka.connection import aio_producer
from stream_app.adapters.kafka.said import error_of
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

    def write(self, topic: str, partition: int, records: Sequence[OutgoingRecord]) -> int:
        """The offset of the first of records that are written together, or not at all.

        Raises Transient when Kafka does not answer; the records may have been written all the same.
        """
        return asyncio.run(self._written(None, topic, partition, records))

    def write_as(
        self, identity: ProducerIdentity, topic: str, partition: int, records: Sequence[OutgoingRecord]
    ) -> int:
        """The same under an identity: whether they are written now, or were written under it before.

        Raises Transient when Kafka does not answer; the records may have been written all the same.
        """
        return asyncio.run(self._written(identity, topic, partition, records))

    async def _asked(self) -> ProducerIdentity:
        producer = self._producer()
        try:
            await _answered(producer.start())
            return ProducerIdentity(*identity_of(producer))
        finally:
            await drop(producer)

    async def _written(
        self, identity: ProducerIdentity | None, topic: str, partition: int, records: Sequence[OutgoingRecord]
    ) -> int:
        producer = self._producer()
        if identity is not None:
            take_identity(producer, *identity)
        try:
            await _answered(producer.start())
            batch = producer.create_batch()
            for key, value, headers, timestamp in records:
                if batch.append(key=key, value=value, timestamp=timestamp, headers=list(headers)) is None:
                    raise Transient(f"{len(records)} records do not fit into one batch of {_MAX_BYTES} bytes")
            sent = await _answered(producer.send_batch(batch, topic, partition=partition))
            return _told((await _answered(sent)).offset)
        finally:
            await drop(producer)

    def _producer(self) -> AIOKafkaProducer:
        return aio_producer(
            self._kafka,
            enable_idempotence=True,
            max_batch_size=_MAX_BYTES,
            max_request_size=_MAX_BYTES,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )


def _told(offset: int) -> int:
    if offset < 0:
        raise Transient("the broker has these records, and does not say where any more: see that they are found there")
    return offset


async def _answered(awaitable: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            return await awaitable
    except (KafkaError, OSError, TimeoutError) as error:
        raise error_of(error, "writing a record") from error
