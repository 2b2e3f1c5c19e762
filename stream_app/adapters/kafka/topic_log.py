"""Reads a topic as it stands, partition by partition, from its first record to where it ended when last looked at."""

from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

from confluent_kafka import Consumer, TopicPartition

from schemas.errors import ContractViolation
from stream_app.adapters.kafka import connection
from stream_app.adapters.kafka.block_reading import BlockReading
from stream_app.adapters.kafka.said import answers
from stream_app.adapters.kafka.unseen_topics import refuse_unseen
from stream_app.core.blocks import Block
from stream_app.deployment import KafkaConnection
from stream_app.ports.dead_letters import barred_offsets, read_letters
from stream_app.ports.topic_log import Isolation

_ANSWER_WITHIN_S = 10.0


class KafkaTopicLog:
    """All partitions of a topic up to the ends they have now. Belongs to no consumer group and commits nothing.

    An open transaction counts as well: its end is waited for, as a writer may just have asked for it. A `stable` one
    ends before it.
    """

    def __init__(
        self,
        kafka: KafkaConnection,
        topic: str,
        isolation: Isolation = "read_committed",
        *,
        whole: bool = True,
        stable: bool = False,
    ) -> None:
        """Raises ContractViolation when there is no such topic, or it must be `whole` and its beginning is gone.

        Raises Transient without a broker.
        """
        self._kafka, self._topic, self._isolation = kafka, topic, isolation
        self._bounded_by: Isolation = "read_committed" if stable else "read_uncommitted"
        with self._consumer(self._bounded_by) as consumer:
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
        with self._consumer(self._bounded_by) as consumer:
            self._begins[partition], self._ends[partition] = self._bounds(consumer, partition)

    def read(self, partition: int, begin: int | None = None) -> Generator[Block, None, None]:
        """A partition in order, from its beginning or from an offset on, up to its end.

        Raises Transient when the broker falls silent or does not have that offset any more.
        """
        begin, end = self._begins[partition] if begin is None else begin, self._ends[partition]
        if begin < end:
            with closing(BlockReading(self._kafka, self._topic, partition, self._isolation, begin)) as reading:
                while begin < end:
                    block = reading.next()
                    yield block.between(begin, end)
                    begin = block.end

    @contextmanager
    def _consumer(self, isolation: Isolation) -> Iterator[Consumer]:
        consumer = connection.consumer(self._kafka, {"isolation.level": isolation})
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
