"""Follows the alerts topic as any subscriber should: committed records only, every partition, no group."""

import time

import msgspec
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, KafkaException, TopicPartition

from schemas.alerts import Alert
from schemas.errors import ContractViolation
from stream_app.adapters.kafka.connection import consumer
from stream_app.adapters.kafka.said import answers, error_of
from stream_app.adapters.kafka.unseen_topics import refuse_unseen
from stream_app.deployment import KafkaConnection
from stream_app.ports.receiving import Received

_ANSWER_WITHIN_S = 10.0
_MOST_AT_ONCE = 500
_decoder = msgspec.json.Decoder(Alert)


class AlertSubscriber:
    """Alerts of one topic, from its beginning or from now on.

    Raises ContractViolation when the topic does not exist, Transient when no broker answers.
    """

    def __init__(self, kafka: KafkaConnection, topic: str, *, from_start: bool) -> None:
        self._consumer = consumer(
            kafka,
            {
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 10,
                "fetch.queue.backoff.ms": 10,
            },
        )
        self._kafka = kafka
        with answers("following the alerts", kafka, self._consumer):
            topics = self._consumer.list_topics(timeout=_ANSWER_WITHIN_S).topics
        if topic not in topics:
            refuse_unseen(kafka, topic)
            raise ContractViolation(f"there is no topic {topic}: `churn up` makes it", state="missing_topic")
        begin = OFFSET_BEGINNING if from_start else OFFSET_END
        self._consumer.assign([TopicPartition(topic, partition, begin) for partition in topics[topic].partitions])

    def poll(self, within_s: float) -> list[Received]:
        """What came in, as soon as anything does, after at most this long. Raises Transient when the broker reports an
        error."""
        first = self._consumer.poll(within_s)  # `consume` would wait out the time for more
        messages = [] if first is None else [first, *self._consumer.consume(_MOST_AT_ONCE, 0.0)]
        received_ms = time.time_ns() // 1_000_000
        failed = next((message.error() for message in messages if message.error()), None)
        if failed is not None and not failed.retriable():
            told = self._consumer.heard.cause_of(KafkaException(failed))
            raise error_of(told, "following the alerts", self._kafka)
        return [
            Received(message.partition(), message.offset(), _decoder.decode(message.value()), received_ms)
            for message in messages
            if not message.error()
        ]

    def close(self) -> None:
        """Give the consumer up."""
        self._consumer.close()
