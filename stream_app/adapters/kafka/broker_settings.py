"""What brokers and topics say of their settings, to whoever may look."""

from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

_ANSWER_WITHIN_S = 10.0
_MAY_NOT_LOOK = (KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.TOPIC_AUTHORIZATION_FAILED)

KafkaSettings = Mapping[str, str]
"""Under Kafka's own names."""


def broker_settings(admin: AdminClient) -> KafkaSettings | None:
    """Those of one broker, for all: they should not differ. None when this user may not look at them.

    Raises KafkaException when Kafka does not answer.
    """
    brokers = admin.list_topics(timeout=_ANSWER_WITHIN_S).brokers
    return _settings(admin, ConfigResource(ResourceType.BROKER, str(min(brokers))))


def topic_settings(admin: AdminClient, topic: str) -> KafkaSettings | None:
    """Those of a topic. None and raises as `broker_settings` does."""
    return _settings(admin, ConfigResource(ResourceType.TOPIC, topic))


def _settings(admin: AdminClient, resource: ConfigResource) -> KafkaSettings | None:
    try:
        found = admin.describe_configs([resource])[resource].result(_ANSWER_WITHIN_S)
    except KafkaException as error:
        if error.args[0].code() in _MAY_NOT_LOOK:
            return None
        raise
    return {name: entry.value for name, entry in found.items()}
