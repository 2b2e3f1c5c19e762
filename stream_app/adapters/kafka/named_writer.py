"""Writes single records under a producer's identity that outlives its process.

A broker takes the same record of the same producer once. So whoever knows the identity may send the record again,
after a crash or beside the first sender, and gets the offset that it has already.
"""

import asyncio
from collections.abc import Awaitable
from typing import NamedTuple, TypeVar

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import Transient
from stream_app.adapters.kafka.aiokafka_patches import drop, identity_of, take_identity
from stream_app.adapters.kafka.publisher import Outgoing

_MAX_BYTES = 2 << 20
_REQUEST_TIMEOUT_MS = 10_000
_ANSWER_WITHIN_S = 15.0

Answer = TypeVar("Answer")


class Identity(NamedTuple):
    """A producer as brokers know it. One identity serves for one record of a partition."""

    producer_id: int
    epoch: int


def new_identity(bootstrap: str) -> Identity:
    """One that nobody else has. Raises Transient when Kafka does not answer."""

    async def asking() -> Identity:
        producer = _producer(bootstrap)
        try:
            await _answered(producer.start())
            return Identity(*identity_of(producer))
        finally:
            await drop(producer)

    return asyncio.run(asking())


def write_as(bootstrap: str, identity: Identity, at: TopicPartition, record: Outgoing) -> int:
    """The offset of a record, whether it is written now or was written under this identity before.

    Brokers forget an identity a day after its record (`producer.id.expiration.ms`): look first who comes that late.
    Raises Transient when Kafka does not answer; the record may have been written all the same.
    """

    async def writing() -> int:
        producer = _producer(bootstrap)
        take_identity(producer, *identity)
        try:
            await _answered(producer.start())
            sent = await _answered(
                producer.send(at.topic, record.value, record.key, at.partition, record.timestamp, list(record.headers))
            )
            return int((await _answered(sent)).offset)
        finally:
            await drop(producer)

    return asyncio.run(writing())


def _producer(bootstrap: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        max_request_size=_MAX_BYTES,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
    )


async def _answered(awaitable: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            return await awaitable
    except (KafkaError, OSError, TimeoutError) as error:
        raise Transient(
            f"Kafka did not take a record as it should, see that it runs, then try again: {error!r}"
        ) from error
