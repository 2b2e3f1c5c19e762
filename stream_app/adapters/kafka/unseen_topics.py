"""Brokers leave out of their lists the topics that one may not see: asked for one by name, they say so."""

from confluent_kafka import KafkaError, KafkaException, TopicCollection

from schemas.errors import ContractViolation
from stream_app.adapters.kafka import connection
from stream_app.deployment import KafkaConnection

_ANSWER_WITHIN_S = 10.0


def refuse_unseen(kafka: KafkaConnection, topic: str) -> None:
    """Raises ContractViolation when a topic that is on no list may be there all the same. Makes no topic."""
    admin = connection.admin(kafka)
    try:
        admin.describe_topics(TopicCollection([topic]))[topic].result(_ANSWER_WITHIN_S)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise ContractViolation(
                f"Kafka at {kafka} lets this user do nothing with {topic} (TOPIC_AUTHORIZATION_FAILED): "
                "`churn rights` names the rights of each role"
            ) from error
