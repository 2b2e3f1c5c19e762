"""The alerts of one partition in Kafka: published in transactions, read back as decisions already taken.

One transaction is one produce batch to one partition, and nothing is ever aborted from here: whoever is in doubt drops
the producer, and the next session's init ends what was open.
"""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.producer import sender

from schemas.alerts import Alert
from schemas.errors import Transient
from schemas.instants import format_instant
from stream_app.adapters.kafka_producers import drop
from stream_app.core.engine import Recorded

_TIMEOUT_S = 15.0
_TRANSACTION_TIMEOUT_MS = 20_000
_MAX_BATCH_BYTES = 1 << 20
_FIRST_STEP = 64
_SETTLING_S = 0.05
HEADERS = [("content-type", b"application/cloudevents+json")]

sender.BACKOFF_OVERRIDE = 0.002
"""Seconds. While the broker finishes the transaction before, it tells the next one to try again: after 20 ms by
default, which was most of an alert's delay at many small batches a second."""

Answer = TypeVar("Answer")
_decoder = msgspec.json.Decoder(Alert)


class KafkaAlertLog:
    """One partition of the alerts topic, under the transactional id of its input partition."""

    def __init__(self, bootstrap: str, app_id: str, topic: str, partition: int) -> None:
        self._bootstrap = bootstrap
        self._at = TopicPartition(topic, partition)
        self._transactional_id = f"{app_id}-{partition}"
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        """Fence the publisher before, and end the transaction that it may have left open."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            transactional_id=self._transactional_id,
            acks="all",
            max_batch_size=_MAX_BATCH_BYTES,
            transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
            request_timeout_ms=10_000,
        )
        await _answered(self._producer.start())

    async def publish(self, alerts: Sequence[Alert]) -> None:
        """Write alerts in transactions of one produce batch each; the last one is committed on return."""
        waiting = [msgspec.json.encode(_stamped(alert)) for alert in alerts]
        keys = [alert.data.user_ref.encode() for alert in alerts]
        while waiting:
            written = await _answered(self._transaction(keys, waiting))
            keys, waiting = keys[written:], waiting[written:]

    async def _transaction(self, keys: Sequence[bytes], values: Sequence[bytes]) -> int:
        producer = self._producer
        if producer is None:
            raise Transient("the alert log is not open")
        batch = producer.create_batch()
        written = 0
        for key, value in zip(keys, values, strict=True):
            if batch.append(key=key, value=value, timestamp=None, headers=HEADERS) is None:
                break
            written += 1
        if not written:
            raise Transient("an alert does not fit into a produce batch")
        await producer.begin_transaction()
        await (await producer.send_batch(batch, self._at.topic, partition=self._at.partition))
        await producer.commit_transaction()
        return written

    async def read_back(self, position: int) -> Recorded:
        """Scan back from the end to the first alert whose front is below the position."""
        committed, all_records = self._reader("read_committed"), self._reader("read_uncommitted")
        try:
            await _answered(committed.start())
            await _answered(all_records.start())
            committed.assign([self._at])
            end = await _answered(self._settled_end(committed, all_records))
            return await _answered(self._scan(committed, end, position))
        finally:
            await committed.stop()
            await all_records.stop()

    def _reader(self, isolation: str) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level=isolation,
            auto_offset_reset="none",
            enable_auto_commit=False,
            fetch_max_wait_ms=20,
        )

    async def _settled_end(self, committed: AIOKafkaConsumer, all_records: AIOKafkaConsumer) -> int:
        """The end of the log once no transaction is open before it: the one before this session's may be ending."""
        high_watermark: int = (await all_records.end_offsets([self._at]))[self._at]
        while (await committed.end_offsets([self._at]))[self._at] < high_watermark:
            await asyncio.sleep(_SETTLING_S)
        return high_watermark

    async def _scan(self, consumer: AIOKafkaConsumer, top: int, position: int) -> Recorded:
        begin = (await consumer.beginning_offsets([self._at]))[self._at]
        alerts: dict[int, Alert] = {}
        front, step = -1, _FIRST_STEP
        while top > begin:
            bottom = max(begin, top - step)
            for alert in reversed(await self._between(consumer, bottom, top)):
                front = max(front, alert.data.front)
                if alert.data.front < position:
                    return Recorded(alerts, front)
                alerts[alert.data.src.offset] = alert
            top, step = bottom, step * 4
        return Recorded(alerts, front)

    async def _between(self, consumer: AIOKafkaConsumer, bottom: int, top: int) -> list[Alert]:
        """The committed alerts of an offset range; aborted records and markers take up offsets without being any."""
        consumer.seek(self._at, bottom)
        alerts: list[Alert] = []
        while await consumer.position(self._at) < top:
            for records in (await consumer.getmany(self._at, timeout_ms=100)).values():
                alerts += [_decoder.decode(record.value) for record in records if record.offset < top]
        return alerts

    async def close(self) -> None:
        """Drop the producer. A transaction in doubt stays open until the next session's init ends it."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await drop(producer)


def _stamped(alert: Alert) -> Alert:
    now = format_instant(time.time_ns() // 1_000_000)
    return msgspec.structs.replace(alert, data=msgspec.structs.replace(alert.data, detected_at=now))


async def _answered(awaitable: Awaitable[Answer]) -> Answer:
    """The answer, or Transient. aiokafka also asserts on a fenced producer's state."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await awaitable
    except (KafkaError, OSError, TimeoutError, AssertionError) as error:
        raise Transient(f"Kafka did not answer for the alerts: {error!r}") from error
