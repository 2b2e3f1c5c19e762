"""A consumer that asked for it reads what it fetches with our reader, while another in the same process is as ever."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest
from confluent_kafka import Producer

from stack.local import Services
from stream_app.adapters.kafka import block_fetches
from stream_app.adapters.kafka.block_fetches import deliver_blocks, deliver_records
from stream_app.adapters.kafka.record_batches import BatchReader
from stream_app.core.blocks import Block
from stream_app.core.log import PlainRecord
from stream_app.ports.fetching import UnreadableBatch
from tests.support.connections import deployment_at
from tests.support.decision_deployments import InKafka

PATIENCE_S = 60.0

Ask = Callable[[AIOKafkaConsumer], None]


@pytest.fixture
def at(stack: Services, prefix: str) -> TopicPartition:
    return TopicPartition(InKafka(deployment_at(stack, prefix)).topic, 0)


def send(stack: Services, at: TopicPartition, values: list[bytes], codec: str = "none") -> None:
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
        producer.produce(at.topic, value, b"key", at.partition, headers=[("trace", b"1")])
    assert producer.flush(PATIENCE_S) == 0


async def in_transaction(stack: Services, at: TopicPartition, value: bytes, *, commit: bool) -> None:
    """One record, and the marker of its transaction's end."""
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap, transactional_id=f"{at.topic}-{commit}") as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(at.topic, value, partition=at.partition)
        await (producer.commit_transaction() if commit else producer.abort_transaction())


async def delivered(
    stack: Services, at: TopicPartition, up_to: int, *patches: Ask, isolation: str = "read_uncommitted"
) -> list[Any]:
    """What a consumer delivers until it stands at an offset, or is told why it cannot."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.bootstrap,
        auto_offset_reset="none",
        max_partition_fetch_bytes=10 << 20,
        isolation_level=isolation,
    )
    for ask in patches:
        ask(consumer)
    await consumer.start()
    try:
        consumer.assign([at])
        consumer.seek(at, 0)
        items: list[Any] = []
        async with asyncio.timeout(PATIENCE_S):
            while await consumer.position(at) < up_to:
                for found in (await consumer.getmany(at, timeout_ms=100)).values():
                    items += found
                    if isinstance(found[-1], UnreadableBatch):
                        return items
        return items
    finally:
        await consumer.stop()


def test_only_the_consumer_that_asked_for_it_delivers_blocks(stack: Services, at: TopicPartition) -> None:
    send(stack, at, [b"value"])

    async def all_three() -> tuple[list[Any], ...]:
        return await asyncio.gather(
            delivered(stack, at, 1, deliver_blocks), delivered(stack, at, 1, deliver_records), delivered(stack, at, 1)
        )

    (block,), (plain,), (stock,) = asyncio.run(all_three())
    assert (type(block), type(plain), type(stock)) == (Block, PlainRecord, ConsumerRecord)
    assert list(block) == [plain]
    assert plain == PlainRecord(stock.offset, stock.timestamp, stock.key, stock.value, stock.headers)


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_batch_comes_out_as_it_went_in(stack: Services, at: TopicPartition, codec: str) -> None:
    values = [b"%d" % number * 50 for number in range(1000)]
    send(stack, at, values, codec)
    blocks = asyncio.run(delivered(stack, at, len(values), deliver_blocks))
    assert [(one.offset, one.value) for block in blocks for one in block] == list(enumerate(values))


def test_markers_and_aborted_transactions_hold_nothing_by_right(stack: Services, at: TopicPartition) -> None:
    asyncio.run(in_transaction(stack, at, b"committed", commit=True))
    asyncio.run(in_transaction(stack, at, b"aborted", commit=False))
    send(stack, at, [b"plain"])
    blocks = asyncio.run(delivered(stack, at, 5, deliver_blocks, isolation="read_committed"))
    assert [(one.offset, one.value) for block in blocks for one in block] == [(0, b"committed"), (4, b"plain")]
    assert [offset for block in blocks for empty in block.nothing for offset in empty] == [1, 2, 3]
    assert (blocks[0].begin, blocks[-1].end) == (0, 5)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_a_batch_that_grows_beyond_the_bound_is_fetched_again_and_then_told(
    stack: Services, at: TopicPartition, codec: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(block_fetches, "BatchReader", lambda: BatchReader(1 << 20))
    for values in ([b"first"], [bytes(700_000)] * 3, [b"last"]):
        send(stack, at, values, codec)
    *blocks, unreadable = asyncio.run(delivered(stack, at, 5, deliver_blocks))
    assert [one.offset for block in blocks for one in block] == [0]
    assert (unreadable.begin, unreadable.end) == (1, 4)
    assert "does not unpack into 1,048,576 bytes" in unreadable.cause
    assert caplog.text.count("batch_fetched_again") == 1


@contextmanager
def damaged_fetches(times: int, damage: Callable[[bytes], bytes]) -> Iterator[None]:
    """So many of the next fetches that bring anything are answered with other bytes."""
    send_really, left = AIOKafkaClient.send, [times]

    async def sending(client: AIOKafkaClient, node: object, request: Any, **more: Any) -> Any:  # noqa: ANN401 - aiokafka's
        response = await send_really(client, node, request, **more)
        if isinstance(request, FetchRequest):
            for _, partitions in response.topics:
                for place, told in enumerate(partitions):
                    if told[-1] and left[0]:
                        left[0] -= 1
                        partitions[place] = (*told[:-1], damage(told[-1]))
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AIOKafkaClient, "send", sending)
        yield


def with_a_flipped_bit(fetched: bytes) -> bytes:
    return fetched[:-1] + bytes([fetched[-1] ^ 1])


def test_a_batch_that_was_damaged_on_its_way_is_fetched_again(stack: Services, at: TopicPartition) -> None:
    send(stack, at, [b"value"])
    with damaged_fetches(1, with_a_flipped_bit):
        (block,) = asyncio.run(delivered(stack, at, 1, deliver_blocks))
    assert [one.value for one in block] == [b"value"]


def test_a_batch_that_is_damaged_in_two_fetches_is_told_with_its_offsets(stack: Services, at: TopicPartition) -> None:
    send(stack, at, [b"value"])
    with damaged_fetches(2, with_a_flipped_bit):
        (unreadable,) = asyncio.run(delivered(stack, at, 1, deliver_blocks))
    assert (unreadable.wanted, unreadable.begin, unreadable.state) == (0, 0, "unreadable_batch")
    assert "its checksum does not hold" in str(unreadable)


def test_a_consumer_of_records_raises_what_it_cannot_read(stack: Services, at: TopicPartition) -> None:
    send(stack, at, [b"value"])
    with damaged_fetches(2, with_a_flipped_bit), pytest.raises(UnreadableBatch, match="its checksum does not hold"):
        asyncio.run(delivered(stack, at, 1, deliver_records))


def test_a_batch_that_is_cut_off_behind_another_is_left_to_the_next_fetch(stack: Services, at: TopicPartition) -> None:
    send(stack, at, [b"first"])
    send(stack, at, [b"second"])
    with damaged_fetches(1, lambda fetched: fetched[:-1]):
        blocks = asyncio.run(delivered(stack, at, 2, deliver_blocks))
    assert [[one.value for one in block] for block in blocks] == [[b"first"], [b"second"]]
