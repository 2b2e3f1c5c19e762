"""How far a consumer group is behind."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.errors import Transient
from stream_app.bootstrap.deployment import consumer
from stream_app.deployment import KafkaConnection

_ANSWER_WITHIN_S = 10.0


class Lag:
    """A look at a group from outside: it never joins. Raises Transient when Kafka does not know the topic."""

    def __init__(self, consumer: Consumer, topic: str) -> None:
        self._consumer = consumer
        try:
            partitions = consumer.list_topics(topic, timeout=_ANSWER_WITHIN_S).topics[topic].partitions
        except KafkaException as error:
            raise Transient(f"Kafka does not say what {topic} consists of, see that it runs: {error}") from error
        self._partitions = [TopicPartition(topic, partition) for partition in partitions]

    def records(self) -> int | None:
        """How many records the group has yet to acknowledge; None while Kafka cannot tell, as just after its start."""
        try:
            acknowledged = self._consumer.committed(self._partitions, timeout=_ANSWER_WITHIN_S)
            return sum(self._end(at) - max(0, int(at.offset)) for at in acknowledged)
        except KafkaException:
            return None

    def _end(self, at: TopicPartition) -> int:
        _, end = self._consumer.get_watermark_offsets(at, timeout=_ANSWER_WITHIN_S)
        return int(end)


@contextmanager
def lag_of(kafka: KafkaConnection, group: str, topic: str) -> Iterator[Lag]:
    """The lag of a group in a topic."""
    with closing(consumer(kafka, {"group.id": group})) as asked:
        yield Lag(asked, topic)
