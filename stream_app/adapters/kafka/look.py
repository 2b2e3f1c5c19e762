"""Whether brokers answer, and let in who comes like this."""

from stream_app.adapters.kafka import connection
from stream_app.adapters.kafka.said import answers
from stream_app.deployment import KafkaConnection

_ANSWER_WITHIN_S = 5.0


def look_at_kafka(kafka: KafkaConnection) -> None:
    """Return when they do. Raises ContractViolation when they let nobody in who comes like this, else Transient."""
    client = connection.admin(kafka)
    with answers("looking whether brokers answer", kafka, client):
        client.list_topics(timeout=_ANSWER_WITHIN_S)
