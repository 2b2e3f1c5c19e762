"""What a broker says of a topic: how it is kept, and from where to where its partitions run."""

from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from schemas.errors import Transient
from stream_app.adapters.kafka.topic_log import TopicLog

_ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True)
class TopicFacts:
    """A topic as it stands. `begins` and `ends` are offsets, partition by partition; a retention of -1 is for ever."""

    name: str
    replication: int
    retention_ms: int
    begins: tuple[int, ...]
    ends: tuple[int, ...]


def topic_facts(bootstrap: str, topic: str) -> TopicFacts:
    """Raises ContractViolation when there is no such topic, Transient when the broker does not answer."""
    log = TopicLog(bootstrap, topic, whole=False)
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    resource = ConfigResource(ResourceType.TOPIC, topic)
    try:
        partitions = admin.list_topics(topic, timeout=_ANSWER_WITHIN_S).topics[topic].partitions.values()
        settings = admin.describe_configs([resource])[resource].result(_ANSWER_WITHIN_S)
    except (KafkaException, TimeoutError) as error:
        raise Transient(f"Kafka at {bootstrap} does not answer, see that it runs: {error}") from error
    return TopicFacts(
        topic,
        min(len(partition.replicas) for partition in partitions),
        int(settings["retention.ms"].value),
        tuple(map(log.begin, range(log.partitions))),
        tuple(map(log.end, range(log.partitions))),
    )
