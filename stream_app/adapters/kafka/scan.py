"""Reads partitions that only transactions write: from their ends back, and forward from a decision on.

Never more than a step is held: what a step holds is given on before the next one is read.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, Generic, NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from stream_app.adapters.kafka.connection import aio_consumer
from stream_app.adapters.kafka.open_transactions import still_open
from stream_app.adapters.kafka.publisher import answered
from stream_app.deployment import KafkaConnection

MOST_AT_ONCE: Final = 4096
"""Offsets of a step."""
_FIRST_STEP = 64
_SETTLING_S = 0.05
_SETTLED_WITHIN_S = 8.0
"""A transaction of this deployment ends within a moment of being fenced."""

Parsed = TypeVar("Parsed")
Parse = Callable[[ConsumerRecord], Parsed | None]
"""What a record says; None for one that does not count."""


class Readers(NamedTuple):
    """One that sees what is committed, one that sees all."""

    committed: AIOKafkaConsumer
    every: AIOKafkaConsumer


class Bounds(NamedTuple):
    """A partition from its first offset up to, not including, the end that it had when no transaction was open."""

    at: TopicPartition
    begin: int
    end: int


@asynccontextmanager
async def readers(kafka: KafkaConnection) -> AsyncIterator[Readers]:
    """Both, started; stopped at the end. Raises Transient when Kafka does not answer."""
    pair = Readers(reader(kafka), reader(kafka, "read_uncommitted"))
    async with AsyncExitStack() as closing:
        for each in pair:
            closing.push_async_callback(each.stop)
        for each in pair:
            await answered(each.start())
        yield pair


def reader(kafka: KafkaConnection, isolation: str = "read_committed") -> AIOKafkaConsumer:
    """One that has not started."""
    return aio_consumer(kafka, isolation_level=isolation, fetch_max_wait_ms=20)


async def settled(pair: Readers, at: TopicPartition) -> Bounds:
    """The bounds of a partition once no transaction is open in it: the one before this session's may be ending.

    Raises Transient when Kafka does not answer.
    """
    pair.committed.assign([at])
    end = await answered(_settled_end(pair, at))
    return Bounds(at, (await answered(pair.committed.beginning_offsets([at])))[at], end)


class Scan(Generic[Parsed]):
    """A partition looked at from its end back. Raises Transient when Kafka does not answer."""

    def __init__(self, consumer: AIOKafkaConsumer, within: Bounds, parse: Parse[Parsed]) -> None:
        self._consumer, self._within, self._parse = consumer, within, parse

    async def newest_first(self) -> AsyncIterator[tuple[int, Parsed]]:
        """What stands there, with its offsets."""
        top, step = self._within.end, _FIRST_STEP
        while top > self._within.begin:
            bottom = max(self._within.begin, top - step)
            for record in reversed(await answered(_between(self._consumer, self._within.at, bottom, top))):
                found = self._parse(record)
                if found is not None:
                    yield record.offset, found
            top, step = bottom, min(step * 4, MOST_AT_ONCE)

    async def first_due(self, is_due: Callable[[Parsed], bool]) -> tuple[int, Parsed | None]:
        """The offset of the first decision that is due, as are all behind it, or a little before that; and the newest.

        Most often it is near the end. Else it is looked for by halves.
        """
        newest, first = None, self._within.end
        async for offset, found in self.newest_first():
            newest = found if newest is None else newest
            if not is_due(found):
                break
            first = offset
            if self._within.end - first > MOST_AT_ONCE:
                return await self._first_by_halves(first, is_due), newest
        return first, newest

    async def _first_by_halves(self, high: int, is_due: Callable[[Parsed], bool]) -> int:
        low = self._within.begin
        while high - low > _FIRST_STEP:
            middle = (low + high) // 2
            found = await self._next(middle, high)
            if found is None or is_due(found[1]):
                high = middle
            else:
                low = found[0] + 1
        return low

    async def _next(self, begin: int, end: int) -> tuple[int, Parsed] | None:
        """The first decision that stands there, with its offset."""
        at, consumer = self._within.at, self._consumer
        consumer.seek(at, begin)
        while await answered(consumer.position(at)) < end:
            for records in (await answered(consumer.getmany(at, timeout_ms=100, max_records=_FIRST_STEP))).values():
                for record in records:
                    found = self._parse(record) if record.offset < end else None
                    if found is not None:
                        return record.offset, found
        return None


class ReadOn(Generic[Parsed]):
    """What stands in a partition, in order, as far as it is asked for; over a connection of its own."""

    def __init__(self, kafka: KafkaConnection, within: Bounds, parse: Parse[Parsed]) -> None:
        self._kafka, self._within, self._parse = kafka, within, parse
        self._next = within.begin
        self._waiting: deque[Parsed] = deque()
        self._consumer: AIOKafkaConsumer | None = None

    async def read_while(self, is_due: Callable[[Parsed], bool]) -> list[Parsed]:
        """All up to the first that is not due. Raises Transient when Kafka does not answer."""
        taken: list[Parsed] = []
        while self._waiting or self._next < self._within.end:
            if not self._waiting:
                await self._read()
            elif is_due(self._waiting[0]):
                taken.append(self._waiting.popleft())
            else:
                break
        return taken

    async def close(self) -> None:
        """Give the connection up."""
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await consumer.stop()

    async def _read(self) -> None:
        at, end = self._within.at, self._within.end
        consumer = self._consumer or await self._started()
        for records in (await answered(consumer.getmany(at, timeout_ms=100, max_records=MOST_AT_ONCE))).values():
            parsed = (self._parse(record) for record in records if record.offset < end)
            self._waiting.extend(found for found in parsed if found is not None)
        self._next = await answered(consumer.position(at))
        if self._next >= end:
            await self.close()

    async def _started(self) -> AIOKafkaConsumer:
        self._consumer = reader(self._kafka)
        await answered(self._consumer.start())
        self._consumer.assign([self._within.at])
        self._consumer.seek(self._within.at, self._next)
        return self._consumer


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
