"""Writes single records under a producer's identity that outlives its process.

A broker takes the same record of the same producer once. So whoever knows the identity may send the record again,
after a crash or beside the first sender, and gets the offset that it has already.
"""

import asyncio
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.transaction_manager import PidAndEpoch

from stream_app.adapters.kafka_producers import drop
from stream_app.adapters.kafka_publisher import REQUEST_TIMEOUT_S, Outgoing, answered

_MAX_BYTES = 2 << 20


class Identity(NamedTuple):
    """A producer as brokers know it. One identity serves for one record of a partition."""

    producer_id: int
    epoch: int


def new_identity(bootstrap: str) -> Identity:
    """One that nobody else has. Raises Transient when Kafka does not answer."""

    async def asking() -> Identity:
        producer = _producer(bootstrap)
        try:
            await answered(producer.start())
            return Identity(producer._txn_manager.producer_id, producer._txn_manager.producer_epoch)
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
        producer._txn_manager._pid_and_epoch = PidAndEpoch(*identity)
        try:
            await answered(producer.start())
            sent = await answered(
                producer.send(at.topic, record.value, record.key, at.partition, record.timestamp, list(record.headers))
            )
            return int((await answered(sent)).offset)
        finally:
            await drop(producer)

    return asyncio.run(writing())


def _producer(bootstrap: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        max_request_size=_MAX_BYTES,
        request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
    )
