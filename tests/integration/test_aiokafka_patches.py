"""Each patch of aiokafka works for the client that asked for it, while another in the same process is as ever."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import RequestTimedOutError
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest

from stack.local import Services
from stream_app.adapters.kafka import aiokafka_patches
from stream_app.adapters.kafka.aiokafka_patches import (
    TransactionInDoubt,
    be_seen_fetching,
    begin_soon,
    drop,
    end_once,
)
from tests.support.connections import deployment_at
from tests.support.decision_deployments import InKafka
from tests.support.outages import standing_still

STOCK_BACK_OFF_S = 0.02
CONCURRENT_TRANSACTIONS = 51
TRIES = 20
PATIENCE_S = 60.0


@pytest.fixture
def at(stack: Services, prefix: str) -> TopicPartition:
    return TopicPartition(InKafka(deployment_at(stack, prefix)).topic, 0)


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
