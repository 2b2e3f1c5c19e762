"""Gives aiokafka producers up at once. Their own stop waits for records that a broker which is gone may never take."""

import asyncio
from itertools import chain

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed

_WITHIN_S = 2.0


async def drop(producer: AIOKafkaProducer) -> None:
    """Close a producer, whatever state it is in; what it has not sent is forgotten. Never fails."""
    producer._closed = True
    await producer.client.close()
    sending = producer._sender.sender_task
    if sending is not None:
        sending.cancel()
        await asyncio.wait([sending], timeout=_WITHIN_S)
    _nobody_waits(producer)
    producer._message_accumulator.fail_all(ProducerClosed())
    await producer.client.close()


def _nobody_waits(producer: AIOKafkaProducer) -> None:
    """Futures that fail from here on, or have failed, are not complained about when they are thrown away."""
    accumulator, transactions = producer._message_accumulator, producer._txn_manager
    batches = [*chain.from_iterable(accumulator._batches.values()), *accumulator._pending_batches]
    futures = [future for batch in batches for future in (batch.future, batch._drain_waiter)]
    if transactions is not None and transactions._transaction_waiter is not None:
        futures.append(transactions._transaction_waiter)
    for future in futures:
        future.add_done_callback(look_at)


def look_at(future: "asyncio.Future[object]") -> None:
    """Take note of how a future ended."""
    if not future.cancelled():
        future.exception()
