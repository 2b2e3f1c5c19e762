"""How far a consumer group is behind."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.errors import Transient

_ANSWER_WITHIN_S = 20.0


class Lag:
    """A look at a group from outside: it never joins. Everything raises Transient while Kafka does not answer."""

    def __init__(self, consumer: Consumer, group: str, topic: str) -> None:
        self._consumer, self._group = consumer, group
        with self._asking():
            partitions = consumer.list_topics(topic, timeout=_ANSWER_WITHIN_S).topics[topic].partitions
        self._partitions = [TopicPartition(topic, partition) for partition in partitions]

    def records(self) -> int:
        """How many records the group has yet to acknowledge."""
        with self._asking():
            acknowledged = self._consumer.committed(self._partitions, timeout=_ANSWER_WITHIN_S)
            return sum(self._end(at) - max(0, at.offset) for at in acknowledged)

    def _end(self, at: TopicPartition) -> int:
        _, end = self._consumer.get_watermark_offsets(at, timeout=_ANSWER_WITHIN_S)
        return int(end)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except KafkaException as error:
            raise Transient(
                f"Kafka does not say where the group {self._group} is, see that it runs: {error}"
            ) from error


@contextmanager
def lag_of(bootstrap: str, group: str, topic: str) -> Iterator[Lag]:
    """The lag of a group in a topic."""
    settings = {"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 0}
    with closing(Consumer(settings)) as consumer:
        yield Lag(consumer, group, topic)
