"""Gives aiokafka producers up at once. Their own stop waits for records that a broker which is gone may never take."""

import asyncio

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
    producer._message_accumulator.fail_all(ProducerClosed())
    await producer.client.close()
