"""Reads a topic as it stands, partition by partition, from its first record to where it ended when last looked at."""

import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.errors import ContractViolation, Transient
from stream_app.adapters.kafka import connection
from stream_app.adapters.kafka.said import answers, error_of
from stream_app.adapters.kafka.unseen_topics import refuse_unseen
from stream_app.core.log import PlainRecord
from stream_app.deployment import KafkaConnection
from stream_app.ports.dead_letters import barred_offsets, read_letters
from stream_app.ports.topic_log import Isolation

_ANSWER_WITHIN_S = 10.0
_AT_ONCE = 4000
_WAIT_S = 0.05
"""A read waits so long for a full 4,000, even at the end of a partition."""


class KafkaTopicLog:
    """All partitions of a topic up to the ends they have now. Belongs to no consumer group and commits nothing.

    An open transaction counts as well: its end is waited for, as a writer may just have asked for it.
    """

    def __init__(
        self, kafka: KafkaConnection, topic: str, isolation: Isolation = "read_committed", *, whole: bool = True
    ) -> None:
        """Raises ContractViolation when there is no such topic, or it must be `whole` and its beginning is gone.

        Raises Transient without a broker.
        """
        self._kafka, self._topic, self._isolation = kafka, topic, isolation
        with self._consumer("read_uncommitted") as consumer:
            topics = consumer.list_topics(timeout=_ANSWER_WITHIN_S).topics
            if topic not in topics:
                refuse_unseen(kafka, topic)
                raise ContractViolation(f"there is no topic {topic}: `churn up` makes it")
            bounds = [self._bounds(consumer, partition) for partition in range(len(topics[topic].partitions))]
        self._begins, self._ends = [begin for begin, _ in bounds], [end for _, end in bounds]
        if whole:
            self._refuse_cut()

    @property
    def partitions(self) -> int:
        """How many there are."""
        return len(self._ends)

    @property
    def offsets(self) -> int:
        """How many offsets they hold together, markers of transactions included."""
        return sum(self._ends) - sum(self._begins)

    def end(self, partition: int) -> int:
        """The offset behind the last record of a partition that counts."""
        return self._ends[partition]

    def begin(self, partition: int) -> int:
        """The offset of the first record of a partition that is still there."""
        return self._begins[partition]

    def look_again(self, partition: int) -> None:
        """Take a partition to end where it ends now."""
        with self._consumer("read_uncommitted") as consumer:
            self._begins[partition], self._ends[partition] = self._bounds(consumer, partition)

    def read(self, partition: int, begin: int | None = None) -> Generator[list[PlainRecord], None, None]:
        """The records of a partition in order, up to 4,000 at a time, from its beginning or from an offset on.

        Raises Transient when the broker falls silent or does not have that offset any more.
        """
        begin, end = self._begins[partition] if begin is None else begin, self._ends[partition]
        with self._consumer(self._isolation) as consumer:
            consumer.assign([TopicPartition(self._topic, partition, begin)])
            reading = end > begin
            while reading:
                messages = self._consume(consumer)
                records = [_record(message) for message in messages if message.error() is None]
                if records := [record for record in records if record.offset < end]:
                    yield records
                reading = _next_offset(messages[-1]) < end

    def _consume(self, consumer: Consumer) -> list[Message]:
        """At least one message. The only errors among them are ends of what is committed so far."""
        deadline = time.monotonic() + _ANSWER_WITHIN_S
        messages: list[Message] = []
        while not messages and time.monotonic() < deadline:
            messages = consumer.consume(_AT_ONCE, _WAIT_S)
        if not messages:
            raise Transient(
                f"nothing of {self._topic} came for {_ANSWER_WITHIN_S:.0f} s: see that the broker runs and that "
                "no writer has left a transaction open, then try again"
            )
        for error in (message.error() for message in messages):
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise error_of(KafkaException(error), f"reading {self._topic}", self._kafka)
        return messages

    @contextmanager
    def _consumer(self, isolation: Isolation) -> Iterator[Consumer]:
        consumer = connection.consumer(
            self._kafka,
            {
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "isolation.level": isolation,
                "fetch.queue.backoff.ms": 10,
                "fetch.wait.max.ms": 20,
            },
        )
        with closing(consumer), answers(f"reading {self._topic}", self._kafka, consumer):
            yield consumer

    def _bounds(self, consumer: Consumer, partition: int) -> tuple[int, int]:
        begin, end = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=_ANSWER_WITHIN_S)
        return int(begin), int(end)

    def _refuse_cut(self) -> None:
        for partition, begin in enumerate(self._begins):
            if begin > 0:
                raise ContractViolation(
                    f"partition {partition} of {self._topic} begins at offset {begin}: what was deleted before it "
                    "cannot be replayed; compare in a deployment whose topics are whole, or begin with an export of "
                    "the states (`churn verify --from`)"
                )


def topic_exists(kafka: KafkaConnection, topic: str) -> bool:
    """Whether the broker has such a topic. Raises Transient when it does not answer."""
    admin = connection.admin(kafka)
    with answers("looking for topics", kafka, admin):
        found = admin.list_topics(timeout=_ANSWER_WITHIN_S)
    return topic in found.topics


def barred_in_topic(kafka: KafkaConnection, topic: str, *, whole: bool = True) -> dict[int, set[int]]:
    """What the dead letters of a topic bar; it need not exist. Raises as KafkaTopicLog does."""
    if not topic_exists(kafka, topic):
        return defaultdict(set)
    return barred_offsets(read_letters(KafkaTopicLog(kafka, topic, whole=whole)))


def _record(message: Message) -> PlainRecord:
    _, sent_ms = message.timestamp()
    return PlainRecord(message.offset(), sent_ms, message.key(), message.value(), message.headers() or ())


def _next_offset(message: Message) -> int:
    """Where reading goes on behind a message; an end of what is committed stands at that offset itself."""
    return int(message.offset()) if message.error() else int(message.offset()) + 1
