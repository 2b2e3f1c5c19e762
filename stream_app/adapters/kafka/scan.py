"""Reads partitions that only transactions write, from their ends back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from stream_app.adapters.kafka.connection import aio_consumer
from stream_app.adapters.kafka.open_transactions import still_open
from stream_app.adapters.kafka.publisher import answered
from stream_app.deployment import KafkaConnection

_FIRST_STEP = 64
_SETTLING_S = 0.05
_SETTLED_WITHIN_S = 8.0
"""A transaction of this deployment ends within a moment of being fenced."""

Parsed = TypeVar("Parsed")


class Readers(NamedTuple):
    """One that sees what is committed, one that sees all."""

    committed: AIOKafkaConsumer
    every: AIOKafkaConsumer


@asynccontextmanager
async def readers(kafka: KafkaConnection) -> AsyncIterator[Readers]:
    """Both, started; stopped at the end. Raises Transient when Kafka does not answer."""
    pair = Readers(_reader(kafka, "read_committed"), _reader(kafka, "read_uncommitted"))
    async with AsyncExitStack() as closing:
        for reader in pair:
            closing.push_async_callback(reader.stop)
        for reader in pair:
            await answered(reader.start())
        yield pair


async def scan_back(
    pair: Readers,
    at: TopicPartition,
    parse: Callable[[ConsumerRecord], Parsed | None],
    is_last: Callable[[Parsed], bool],
) -> list[Parsed]:
    """What stands in a partition, the newest first, up to the first that is the last to be looked at, this included.

    `parse` gives None for records that do not count. Raises Transient when Kafka does not answer.
    """
    pair.committed.assign([at])
    top = await answered(_settled_end(pair, at))
    begin = (await answered(pair.committed.beginning_offsets([at])))[at]
    seen: list[Parsed] = []
    step = _FIRST_STEP
    while top > begin:
        bottom = max(begin, top - step)
        for record in reversed(await answered(_between(pair.committed, at, bottom, top))):
            found = parse(record)
            if found is not None:
                seen.append(found)
                if is_last(found):
                    return seen
        top, step = bottom, step * 4
    return seen


def _reader(kafka: KafkaConnection, isolation: str) -> AIOKafkaConsumer:
    return aio_consumer(kafka, isolation_level=isolation, fetch_max_wait_ms=20)


async def _settled_end(pair: Readers, at: TopicPartition) -> int:
    """The end of the log once no transaction is open before it: the one before this session's may be ending.

    Raises ContractViolation or Transient when one does not end.
    """
    high_watermark: int = (await pair.every.end_offsets([at]))[at]
    deadline_s = time.monotonic() + _SETTLED_WITHIN_S
    while (await pair.committed.end_offsets([at]))[at] < high_watermark:
        if time.monotonic() > deadline_s:
            raise await still_open(pair.committed, at)
        await asyncio.sleep(_SETTLING_S)
    return high_watermark


async def _between(consumer: AIOKafkaConsumer, at: TopicPartition, bottom: int, top: int) -> list[ConsumerRecord]:
    """The committed records of an offset range; aborted records and markers take up offsets without being any."""
    consumer.seek(at, bottom)
    found: list[ConsumerRecord] = []
    while await consumer.position(at) < top:
        for records in (await consumer.getmany(at, timeout_ms=100)).values():
            found += [record for record in records if record.offset < top]
    return found
