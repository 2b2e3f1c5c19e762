"""Checks, before a worker starts, that the topics fit together."""

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from schemas.errors import ContractViolation, Transient
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS, TOPICS

_ANSWER_WITHIN_S = 10.0


def agreed_partitions(bootstrap: str, prefix: str) -> int:
    """The number of partitions that events and alerts share.

    Raises ContractViolation when a topic is missing, the numbers differ, or alerts, the log of decisions, are kept for
    less long than the events they were taken on; Transient when the broker does not answer.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    events, alerts = prefix + CUSTOMER_EVENTS.name, prefix + CHURN_ALERTS.name
    try:
        found = {
            name: len(topic.partitions) for name, topic in admin.list_topics(timeout=_ANSWER_WITHIN_S).topics.items()
        }
        missing = [prefix + topic.name for topic in TOPICS if prefix + topic.name not in found]
        if missing:
            raise ContractViolation(f"there is no topic {missing[0]}: `churn up` makes it", state="missing_topic")
        for name in (alerts, prefix + DEAD_LETTERS.name):
            if found[name] != found[events]:
                raise ContractViolation(
                    f"{events} has {found[events]} partitions and {name} {found[name]}: what is decided on partition p "
                    "stands in partition p, so make both the same",
                    state="other_partitions",
                )
        kept = {name: _retention_ms(admin, name) for name in (events, alerts)}
    except (KafkaException, TimeoutError) as error:
        raise Transient(f"Kafka at {bootstrap} does not answer, see that it runs: {error}") from error
    if _shorter(kept[alerts], kept[events]):
        raise ContractViolation(
            f"{alerts} is kept for {kept[alerts]} ms, less than {events}: raise its retention.ms to {kept[events]}",
            state="short_retention",
        )
    return found[events]


def _shorter(alerts_ms: int, events_ms: int) -> bool:
    """Whether alerts go before events do; -1 is for ever."""
    return alerts_ms >= 0 and (events_ms < 0 or alerts_ms < events_ms)


def _retention_ms(admin: AdminClient, topic: str) -> int:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    return int(admin.describe_configs([resource])[resource].result(_ANSWER_WITHIN_S)["retention.ms"].value)
