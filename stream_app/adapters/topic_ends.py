"""How many records a topic has seen."""

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from schemas.errors import Transient

_ANSWER_WITHIN_S = 10.0


def topic_end(bootstrap: str, topic: str) -> int:
    """The end offsets of a topic's partitions, summed. Raises Transient when the broker does not answer."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        partitions = admin.list_topics(topic, timeout=_ANSWER_WITHIN_S).topics[topic].partitions
        asked = {TopicPartition(topic, partition): OffsetSpec.latest() for partition in partitions}
        return sum(answer.result().offset for answer in admin.list_offsets(asked).values())
    except KafkaException as error:
        raise Transient(f"Kafka at {bootstrap} does not answer, see that it runs: {error}") from error
