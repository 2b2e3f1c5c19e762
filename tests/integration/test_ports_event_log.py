"""The event log looked at from the side, in Kafka and in memory: is it the one that the states were folded from?"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.errors import Transient
from stack.local import Services
from stream_app.adapters.kafka.event_log import KafkaEventLog
from stream_app.adapters.memory.events import EventPartition, MemoryEventLog
from stream_app.core.hashing import anchor
from stream_app.core.log import PlainRecord
from stream_app.deployment import Deployment as Kept
from stream_app.partition.effects import LogBounds
from stream_app.partition.ports import EventLog
from tests.support.connections import NOWHERE, deployment_at

VALUES: Sequence[bytes | None] = [b"first", b"second", None, b"second", b"x" * 100_000]


class Deployment(Protocol):
    """Partition 1 of a topic of two; the other one holds something else."""

    def log(self) -> EventLog:
        """What a session sees of it."""

    def append(self, values: Sequence[bytes | None]) -> None:
        """Write records at the end."""

    def cut(self, begin: int) -> None:
        """Forget the records before."""


class InMemory:
    def __init__(self) -> None:
        self._partition = EventPartition()

    def log(self) -> EventLog:
        return MemoryEventLog(self._partition)

    def append(self, values: Sequence[bytes | None]) -> None:
        for value in values:
            self._partition.append(PlainRecord(self._partition.end, 1, None, value))

    def cut(self, begin: int) -> None:
        self._partition.cut(begin)


class InKafka:
    def __init__(self, at: Kept) -> None:
        self._at, self._topic = at, at.topics.events
        self._admin = AdminClient({"bootstrap.servers": at.kafka.bootstrap})
        self._admin.create_topics([NewTopic(self._topic, 2, 1)])[self._topic].result()
        self._produce(0, [b"of partition 0"] * 9)

    def log(self) -> EventLog:
        return KafkaEventLog(self._at, 1)

    def append(self, values: Sequence[bytes | None]) -> None:
        self._produce(1, values)

    def cut(self, begin: int) -> None:
        at = TopicPartition(self._topic, 1, begin)
        self._admin.delete_records([at])[at].result()

    def _produce(self, partition: int, values: Sequence[bytes | None]) -> None:
        producer = Producer({"bootstrap.servers": self._at.kafka.bootstrap, "enable.idempotence": True})
        for value in values:
            producer.produce(self._topic, value, partition=partition)
        assert producer.flush(10.0) == 0


@pytest.fixture(params=["memory", "kafka"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    if request.param == "memory":
        return InMemory()
    stack: Services = request.getfixturevalue("stack")
    return InKafka(deployment_at(stack, request.getfixturevalue("prefix")))


def inspected(deployment: Deployment, *offsets: int | None) -> list[LogBounds]:
    async def scenario() -> list[LogBounds]:
        return [await deployment.log().inspect(offset) for offset in offsets]

    return asyncio.run(scenario())


def test_an_empty_log_begins_and_ends_at_0(deployment: Deployment) -> None:
    assert inspected(deployment, None, 0) == [LogBounds(0, 0, None)] * 2


def test_the_record_at_an_offset_is_hashed(deployment: Deployment) -> None:
    deployment.append(VALUES)
    assert inspected(deployment, *range(5)) == [LogBounds(0, 5, anchor(value)) for value in VALUES]


def test_there_is_no_record_beyond_the_end_and_none_where_none_is_asked_about(deployment: Deployment) -> None:
    deployment.append(VALUES)
    assert inspected(deployment, None, 5, 1000) == [LogBounds(0, 5, None)] * 3


def test_a_log_whose_beginning_was_cut_off_says_where_it_begins_now(deployment: Deployment) -> None:
    deployment.append(VALUES)
    deployment.cut(3)
    bounds = [LogBounds(3, 5, None)] * 2 + [LogBounds(3, 5, anchor(b"second")), LogBounds(3, 5, anchor(VALUES[4]))]
    assert inspected(deployment, 1, 2, 3, 4) == bounds


def test_a_log_that_grows_is_seen_to_grow(deployment: Deployment) -> None:
    deployment.append([b"first"])
    assert inspected(deployment, 0) == [LogBounds(0, 1, anchor(b"first"))]
    deployment.append([b"second"])
    assert inspected(deployment, 0, 1) == [LogBounds(0, 2, anchor(b"first")), LogBounds(0, 2, anchor(b"second"))]


def test_kafka_that_is_not_there_is_a_transient_error() -> None:
    with pytest.raises(Transient):
        asyncio.run(KafkaEventLog(NOWHERE, 0).inspect(0))
