"""What a broker says of a topic: how it is kept, and from where to where its partitions run."""

from confluent_kafka.admin import ConfigResource, ResourceType

from stream_app.adapters.kafka import connection
from stream_app.adapters.kafka.said import answers
from stream_app.adapters.kafka.topic_log import KafkaTopicLog
from stream_app.deployment import KafkaConnection
from stream_app.ports.topic_log import TopicFacts

_ANSWER_WITHIN_S = 10.0


def held_back(kafka: KafkaConnection, topic: str) -> dict[int, int]:
    """How many offsets of which partitions an open transaction holds back. Raises as `topic_facts` does."""
    stable, high = (KafkaTopicLog(kafka, topic, whole=False, stable=stable) for stable in (True, False))
    ahead = {partition: high.end(partition) - stable.end(partition) for partition in range(stable.partitions)}
    return {partition: offsets for partition, offsets in ahead.items() if offsets > 0}


def topic_facts(kafka: KafkaConnection, topic: str) -> TopicFacts:
    """Raises ContractViolation when there is no such topic, Transient when the broker does not answer."""
    log = KafkaTopicLog(kafka, topic, whole=False)
    admin = connection.admin(kafka)
    resource = ConfigResource(ResourceType.TOPIC, topic)
    with answers("looking at the topics", kafka, admin):
        partitions = admin.list_topics(topic, timeout=_ANSWER_WITHIN_S).topics[topic].partitions.values()
        settings = admin.describe_configs([resource])[resource].result(_ANSWER_WITHIN_S)
    return TopicFacts(
        topic,
        min(len(partition.replicas) for partition in partitions),
        int(settings["retention.ms"].value),
        tuple(map(log.begin, range(log.partitions))),
        tuple(map(log.end, range(log.partitions))),
    )
