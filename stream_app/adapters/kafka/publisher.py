"""Publishes what one partition decided, in Kafka transactions, under the transactional id of that partition.

One transaction is one produce batch to one partition, and nothing is ever aborted from here: whoever is in doubt drops
the producer, and the next session's init ends what was open. The end of a transaction is asked for once: aiokafka would
ask again by itself, and a request that is late could then end a later transaction (KAFKA-17754).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import Transient
from stream_app.adapters.kafka.aiokafka_patches import TransactionInDoubt, begin_soon, drop, end_once, look_at
from stream_app.adapters.kafka.connection import aio_producer
from stream_app.adapters.kafka.last_answers import last_answer, remember_answers
from stream_app.adapters.kafka.said import error_of
from stream_app.deployment import KafkaConnection
from stream_app.ports.writing import OutgoingRecord

REQUEST_TIMEOUT_S = 10.0
_ANSWER_WITHIN_S = 15.0
_TRANSACTION_TIMEOUT_MS = 20_000
_MAX_BATCH_BYTES = 1 << 20

Answer = TypeVar("Answer")


class Publisher:
    """The transactional producer of one partition."""

    def __init__(self, kafka: KafkaConnection, transactional_id: str) -> None:
        self._kafka = kafka
        self._transactional_id = transactional_id
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        """Fence the publisher before, and end the transaction that it may have left open."""
        self._producer = aio_producer(
            self._kafka,
            transactional_id=self._transactional_id,
            acks="all",
            max_batch_size=_MAX_BATCH_BYTES,
            transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
            request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
        )
        end_once(self._producer)
        begin_soon(self._producer)
        remember_answers(self._producer)
        await answered(self._producer.start(), self._said)

    async def publish(self, at: TopicPartition, records: Sequence[OutgoingRecord]) -> None:
        """Write records in transactions of one produce batch each; the last one is committed on return."""
        while records:
            written = await answered(self._transaction(at, records), self._said)
            records = records[written:]

    async def _transaction(self, at: TopicPartition, records: Sequence[OutgoingRecord]) -> int:
        producer = self._producer
        if producer is None:
            raise Transient("the log of decisions is not open")
        batch = producer.create_batch()
        written = 0
        for key, value, headers, timestamp in records:
            if batch.append(key=key, value=value, timestamp=timestamp, headers=headers) is None:
                break
            written += 1
        if not written:
            raise Transient("a record does not fit into a produce batch")
        await producer.begin_transaction()
        sent = await producer.send_batch(batch, at.topic, partition=at.partition)
        sent.add_done_callback(look_at)
        await sent
        await producer.commit_transaction()
        return written

    def _said(self) -> BaseException | None:
        return last_answer(self._producer) if self._producer is not None else None

    async def close(self) -> None:
        """Drop the producer. A transaction in doubt stays open until the next session's init ends it."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await drop(producer)


async def answered(awaitable: Awaitable[Answer], said: Callable[[], BaseException | None] = lambda: None) -> Answer:
    """The answer, ContractViolation for a definite no, or Transient.

    `said` is what Kafka has answered where aiokafka asks again by itself. aiokafka also asserts on the state of a
    producer that is in doubt.
    """
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            return await awaitable
    except TransactionInDoubt as error:
        raise Transient(f"the end of a transaction was not confirmed: {error}", "transaction_in_doubt") from error
    except TimeoutError as error:
        raise error_of(said() or error, "keeping decisions") from error
    except (KafkaError, OSError, AssertionError) as error:
        raise error_of(error, "keeping decisions") from error
