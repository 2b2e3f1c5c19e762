"""Dead letters, in Kafka and in memory: what could not be applied is kept as it came, and says why."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.dead_letters import HEADER_PREFIX, HEADERS
from schemas.errors import Transient
from schemas.topics import DEAD_LETTERS
from stack.local import Services
from stream_app.adapters.kafka_dead_letters import KafkaDeadLetters
from stream_app.adapters.memory.dead_letters import MemoryDeadLetters
from stream_app.core.intake import DeadLetter
from stream_app.core.log import PlainRecord
from stream_app.partition.ports import DeadLetterLog
from tests.outages import standing_still

SOURCE = "customer-events"
SENT_MS = 1_709_251_200_123
LETTERS = [
    DeadLetter(
        PlainRecord(5, SENT_MS, b"ana", b"\x00{", (("trace", b"\xff\x00"), ("trace", b"2"))), "undecodable", "not JSON"
    ),
    DeadLetter(PlainRecord(6, SENT_MS + 1, b"ana", None), "undecodable", "the record has no value"),
    DeadLetter(PlainRecord(7, SENT_MS + 2, None, b'{"subject":null}'), "no_user", "Zoë … 渡辺"),
    DeadLetter(PlainRecord(8, SENT_MS + 3, b"", b""), "schema", "empty"),
]


class Deployment(Protocol):
    """A dead-letter topic of one partition."""

    def log(self) -> DeadLetterLog:
        """What a worker writes to."""

    async def close(self, log: DeadLetterLog) -> None:
        """End the worker's part."""

    def read(self, count: int) -> list[PlainRecord]:
        """The first records of the topic; offsets are the topic's own."""


class InMemory:
    def __init__(self) -> None:
        self._log = MemoryDeadLetters(SOURCE)

    def log(self) -> DeadLetterLog:
        return self._log

    async def close(self, log: DeadLetterLog) -> None:
        pass

    def read(self, count: int) -> list[PlainRecord]:
        return self._log.records[:count]


class InKafka:
    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        admin = AdminClient({"bootstrap.servers": bootstrap})
        admin.create_topics([NewTopic(topic, 1, 1, config=DEAD_LETTERS.config())])[topic].result()

    def log(self) -> DeadLetterLog:
        return KafkaDeadLetters(self._bootstrap, self._topic, SOURCE)

    async def close(self, log: DeadLetterLog) -> None:
        assert isinstance(log, KafkaDeadLetters)
        await log.close()

    def read(self, count: int) -> list[PlainRecord]:
        consumer = Consumer({"bootstrap.servers": self._bootstrap, "group.id": "unused"})
        consumer.assign([TopicPartition(self._topic, 0, OFFSET_BEGINNING)])
        messages = consumer.consume(count, 10.0)
        consumer.close()
        return [
            PlainRecord(m.offset() or 0, m.timestamp()[1], m.key(), m.value(), tuple(m.headers() or ()))
            for m in messages
        ]


@pytest.fixture(params=["memory", "kafka"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    if request.param == "memory":
        return InMemory()
    stack: Services = request.getfixturevalue("stack")
    return InKafka(stack.bootstrap, request.getfixturevalue("prefix") + DEAD_LETTERS.name)


def published(deployment: Deployment, letters: Sequence[DeadLetter]) -> list[PlainRecord]:
    """The topic's records after a worker has published letters of partition 3 in session `5e55`."""

    async def scenario() -> None:
        log = deployment.log()
        await log.publish(letters, 3, "5e55")
        await deployment.close(log)

    asyncio.run(scenario())
    return deployment.read(len(letters))


def test_key_value_and_timestamp_are_kept_as_they_came(deployment: Deployment) -> None:
    records = published(deployment, LETTERS)
    assert [(record.key, record.value, record.timestamp) for record in records] == [
        (letter.record.key, letter.record.value, letter.record.timestamp) for letter in LETTERS
    ]


def test_the_records_own_headers_come_first_and_then_why_it_was_refused(deployment: Deployment) -> None:
    first, *others = published(deployment, LETTERS)
    own, why = first.headers[:2], first.headers[2:]
    assert list(own) == [("trace", b"\xff\x00"), ("trace", b"2")]
    assert dict(why) == {
        f"{HEADER_PREFIX}topic": b"customer-events",
        f"{HEADER_PREFIX}partition": b"3",
        f"{HEADER_PREFIX}offset": b"5",
        f"{HEADER_PREFIX}timestamp": b"1709251200123",
        f"{HEADER_PREFIX}reason": b"undecodable",
        f"{HEADER_PREFIX}message": b"not JSON",
        f"{HEADER_PREFIX}session": b"5e55",
    }
    assert [len(record.headers) for record in others] == [len(HEADERS)] * 3
    assert dict(others[1].headers)[f"{HEADER_PREFIX}message"].decode() == "Zoë … 渡辺"


def test_the_largest_record_that_the_event_topic_takes_can_be_kept(deployment: Deployment) -> None:
    large = PlainRecord(0, SENT_MS, b"ana", b" " * (1 << 20))
    (record,) = published(deployment, [DeadLetter(large, "too_large", "1048576 bytes, at most 262144 are allowed")])
    assert record.value == large.value


def test_several_hundred_letters_keep_their_order(deployment: Deployment) -> None:
    letters = [DeadLetter(PlainRecord(i, SENT_MS, b"ana", b"%d" % i), "schema", "no") for i in range(400)]
    assert [record.value for record in published(deployment, letters)] == [b"%d" % i for i in range(400)]


def test_a_broker_that_falls_silent_costs_the_session_at_once_and_the_next_one_gets_through(
    stack: Services, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = InKafka(stack.bootstrap, prefix + DEAD_LETTERS.name)

    async def scenario() -> None:
        log = deployment.log()
        await log.publish(LETTERS[:1], 3, "5e55")
        with monkeypatch.context() as impatient, standing_still(stack.kafka):
            impatient.setattr("stream_app.adapters.kafka_dead_letters._TIMEOUT_S", 0.5)
            with pytest.raises(Transient):
                await asyncio.wait_for(log.publish(LETTERS[1:2], 3, "5e55"), 4.0)
        await log.publish(LETTERS[2:3], 3, "5e55")
        await deployment.close(log)

    asyncio.run(scenario())
    values = {record.value for record in deployment.read(2)}
    assert LETTERS[0].record.value in values
    assert len(values) == 2


def test_kafka_that_is_not_there_is_a_transient_error_each_time() -> None:
    async def scenario() -> None:
        log = KafkaDeadLetters("127.0.0.1:1", "dead-letters", SOURCE)
        for _ in range(2):
            with pytest.raises(Transient):
                await log.publish(LETTERS, 0, "5e55")
        await log.close()

    asyncio.run(scenario())
