"""Delivers a partition in batches of one size; two gates hold all partitions of a process while its clocks are read."""

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.errors import Transient
from stream_app.core.blocks import Block
from stream_app.core.log import LogRecord
from stream_app.partition.driver import Stopping

_SILENCE_MS = 20_000


class Gate:
    """Everybody waits until the last has come; then, before anybody goes on, `on_open` is called."""

    def __init__(self, parties: int, on_open: Callable[[], None]) -> None:
        self._missing = parties
        self._on_open = on_open
        self._opened = asyncio.Event()

    async def arrive(self) -> None:
        """Wait for the others."""
        self._missing -= 1
        if self._missing == 0:
            self._on_open()
            self._opened.set()
        await self._opened.wait()


class BatchFeed:
    """One partition up to `end`. What lies before `begin` is not measured: `start` opens once everybody is there."""

    def __init__(
        self, consumer: AIOKafkaConsumer, at: TopicPartition, batch: int, begin: int, end: int, start: Gate, done: Gate
    ) -> None:
        self._consumer = consumer
        self._at = at
        self._batch = batch
        self._begin, self._end = begin, end
        self._start, self._done = start, done
        self._next = 0

    async def seek(self, position: int) -> None:
        """Deliver from there on."""
        self._consumer.seek(self._at, position)
        self._next = position

    async def receive(self) -> Block:
        """The next batch; a smaller one only before `begin` and `end`. Raises Stopping at the end."""
        if self._next == self._begin:
            await self._start.arrive()
        if self._next == self._end:
            await self._done.arrive()
            raise Stopping
        border = self._begin if self._next < self._begin else self._end
        records = await self._exactly(min(self._batch, border - self._next))
        self._next += len(records)
        return Block.of(records)

    async def _exactly(self, count: int) -> Block:
        records: list[LogRecord] = []
        while len(records) < count:
            found = await self._consumer.getmany(self._at, timeout_ms=_SILENCE_MS, max_records=count - len(records))
            if not found:
                raise Transient(
                    f"nothing of {self._at.topic} came for {_SILENCE_MS // 1000} s: see that the broker runs"
                )
            records += found[self._at]
        return Block.of(records)
