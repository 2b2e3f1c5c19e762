"""Each patch of aiokafka works for the client that asked for it, while another in the same process is as ever."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import RequestTimedOutError
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest
from confluent_kafka import Producer

from stack.local import Services
from stream_app.adapters.kafka import aiokafka_patches
from stream_app.adapters.kafka.aiokafka_patches import (
    TransactionInDoubt,
    be_seen_fetching,
    begin_soon,
    bound_batches,
    deliver_plain_records,
    drop,
    end_once,
)
from stream_app.core.log import PlainRecord
from tests.support.connections import deployment_at
from tests.support.decision_deployments import InKafka
from tests.support.outages import standing_still

STOCK_BACK_OFF_S = 0.02
CONCURRENT_TRANSACTIONS = 51
TRIES = 20
PATIENCE_S = 60.0

Ask = Callable[[AIOKafkaConsumer], None]


@pytest.fixture
def at(stack: Services, prefix: str) -> TopicPartition:
    return TopicPartition(InKafka(deployment_at(stack, prefix)).topic, 0)


def send(stack: Services, at: TopicPartition, codec: str, values: list[bytes]) -> None:
    """In one batch."""
    producer = Producer(
        {
            "bootstrap.servers": stack.bootstrap,
            "compression.type": codec,
            "message.max.bytes": 10 << 20,
            "batch.size": 10 << 20,
            "linger.ms": 60_000,
            "log_level": 0,
        }
    )
    for value in values:
        producer.produce(at.topic, value, b"key", at.partition)
    assert producer.flush(PATIENCE_S) == 0


async def delivered(stack: Services, at: TopicPartition, up_to: int, *patches: Ask) -> list[Any]:
    """What a consumer delivers until it stands at an offset."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.bootstrap, auto_offset_reset="none", max_partition_fetch_bytes=10 << 20
    )
    for ask in patches:
        ask(consumer)
    await consumer.start()
    try:
        consumer.assign([at])
        consumer.seek(at, 0)
        records: list[Any] = []
        async with asyncio.timeout(PATIENCE_S):
            while await consumer.position(at) < up_to:
                for found in (await consumer.getmany(at, timeout_ms=100)).values():
                    records += found
        return records
    finally:
        await consumer.stop()


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_only_the_consumer_that_asked_for_it_passes_over_a_batch_that_grows_beyond_the_bound(
    stack: Services, at: TopicPartition, codec: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(aiokafka_patches, "MOST_BYTES", 1 << 20)
    for values in ([b"first"], [bytes(700_000)] * 3, [b"last"]):
        send(stack, at, codec, values)

    async def both() -> tuple[list[Any], list[Any]]:
        return await asyncio.gather(delivered(stack, at, 5, bound_batches), delivered(stack, at, 5))

    bounded, stock = asyncio.run(both())
    assert [record.offset for record in bounded] == [0, 4]
    assert [record.offset for record in stock] == [0, 1, 2, 3, 4]
    assert f"batch_too_large: {at} offsets 1 to 3, may grow beyond {1 << 20} bytes" in caplog.text


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_batch_within_the_bound_comes_out_as_it_went_in(stack: Services, at: TopicPartition, codec: str) -> None:
    values = [b"%d" % number * 50 for number in range(1000)]
    send(stack, at, codec, values)
    records = asyncio.run(delivered(stack, at, len(values), bound_batches, deliver_plain_records))
    assert [(record.offset, record.value) for record in records] == list(enumerate(values))


def test_only_the_consumer_that_asked_for_it_delivers_plain_records(stack: Services, at: TopicPartition) -> None:
    send(stack, at, "none", [b"value"])

    async def both() -> tuple[list[Any], list[Any]]:
        return await delivered(stack, at, 1, deliver_plain_records), await delivered(stack, at, 1)

    (plain,), (stock,) = asyncio.run(both())
    assert type(plain) is PlainRecord
    assert type(stock) is ConsumerRecord
    assert plain == PlainRecord(stock.offset, stock.timestamp, stock.key, stock.value, list(stock.headers))


def test_a_consumer_that_is_seen_fetching_has_not_been_idle(stack: Services) -> None:
    async def idle_s() -> tuple[float, float]:
        consumer = AIOKafkaConsumer(bootstrap_servers=stack.bootstrap)
        consumer._subscription._last_fetch_ended -= 100.0
        before = consumer._subscription.fetcher_idle_time
        be_seen_fetching(consumer)
        after = consumer._subscription.fetcher_idle_time
        await consumer.stop()
        return before, after

    before, after = asyncio.run(idle_s())
    assert before >= 100.0 > after


def intercept(producer: AIOKafkaProducer, kind: type, answer: Callable[[Any], object]) -> list[float]:
    """Have the first answer to requests of a kind changed on its way. Returns the times at which they are sent."""
    sent_s: list[float] = []
    send_really = producer.client.send

    async def sending(node: object, request: object, **more: object) -> object:
        if not isinstance(request, kind):
            return await send_really(node, request, **more)
        sent_s.append(time.monotonic())
        found = await send_really(node, request, **more)
        return answer(found) if len(sent_s) == 1 else found

    producer.client.send = sending
    return sent_s


async def transaction(
    stack: Services,
    at: TopicPartition,
    ask: Callable[[AIOKafkaProducer], None],
    kind: type,
    answer: Callable[[Any], object],
) -> tuple[list[float], BaseException | None]:
    """When requests of a kind were sent in one transaction, and how it ended."""
    producer = AIOKafkaProducer(bootstrap_servers=stack.bootstrap, transactional_id=at.topic)
    ask(producer)
    await producer.start()
    sent_s = intercept(producer, kind, answer)
    await producer.begin_transaction()
    await producer.send_and_wait(at.topic, b"value", partition=at.partition)
    ended: BaseException | None = (await asyncio.gather(producer.commit_transaction(), return_exceptions=True))[0]
    await drop(producer)
    return sent_s, ended


def stay_stock(_: AIOKafkaProducer) -> None:
    """Ask for nothing."""


def lost(_: object) -> object:
    raise RequestTimedOutError


def test_only_the_producer_that_asked_for_it_asks_for_the_end_of_a_transaction_once(
    stack: Services, at: TopicPartition
) -> None:
    async def both() -> None:
        sent_s, ended = await transaction(stack, at, end_once, EndTxnRequest, lost)
        assert len(sent_s) == 1
        assert isinstance(ended, TransactionInDoubt)
        sent_s, ended = await transaction(stack, at, stay_stock, EndTxnRequest, lost)
        assert len(sent_s) == 2
        assert ended is None

    asyncio.run(both())


def being_finished(answered: Any) -> object:  # noqa: ANN401 - aiokafka's own
    """An answer that says that the transaction before is being finished."""
    answered.errors = [
        (topic, [(one, CONCURRENT_TRANSACTIONS) for one, _ in parts]) for topic, parts in answered.errors
    ]
    return answered


def test_only_the_producer_that_asked_for_it_tries_again_soon_while_the_transaction_before_is_being_finished(
    stack: Services, at: TopicPartition
) -> None:
    async def shortest_s(ask: Callable[[AIOKafkaProducer], None]) -> float:
        waits_s = []
        for _ in range(TRIES):
            sent_s, _ = await transaction(stack, at, ask, AddPartitionsToTxnRequest, being_finished)
            waits_s.append(sent_s[1] - sent_s[0])
            if waits_s[-1] < STOCK_BACK_OFF_S:
                break
        return min(waits_s)

    assert asyncio.run(shortest_s(begin_soon)) < STOCK_BACK_OFF_S <= asyncio.run(shortest_s(stay_stock))


async def started(stack: Services) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(bootstrap_servers=stack.bootstrap, enable_idempotence=True)
    await producer.start()
    return producer


def test_a_producer_is_dropped_at_once_while_its_own_stop_waits_for_a_broker_that_is_gone(
    stack: Services, at: TopicPartition
) -> None:
    async def closing(close: Callable[[AIOKafkaProducer], Coroutine[Any, Any, None]], within_s: float) -> bool:
        producer = await started(stack)
        await producer.send_and_wait(at.topic, b"before", partition=at.partition)
        with standing_still(stack.kafka):
            sent = await producer.send(at.topic, b"never", partition=at.partition)
            sent.add_done_callback(aiokafka_patches.look_at)
            try:
                async with asyncio.timeout(within_s):
                    await close(producer)
            except TimeoutError:
                return False
            finally:
                await drop(producer)
            return bool(sent.done())

    async def again() -> None:
        producer = await started(stack)
        await producer.send_and_wait(at.topic, b"after", partition=at.partition)
        await producer.stop()

    async def both() -> tuple[bool, bool]:
        return await closing(drop, PATIENCE_S), await closing(AIOKafkaProducer.stop, 3.0)

    assert asyncio.run(both()) == (True, False)
    asyncio.run(again())
