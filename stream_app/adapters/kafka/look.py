"""Whether brokers answer, and let one in."""

from confluent_kafka import KafkaException

from schemas.errors import Transient
from stream_app.adapters.kafka import connection
from stream_app.deployment import KafkaConnection

_ANSWER_WITHIN_S = 5.0


def look_at_kafka(kafka: KafkaConnection) -> None:
    """Return when they do. Raises ContractViolation when they let nobody in who comes like this, else Transient."""
    client = connection.admin(kafka)
    try:
        client.list_topics(timeout=_ANSWER_WITHIN_S)
    except KafkaException as error:
        raise Transient(f"Kafka does not answer at {kafka}: {error.args[0].str()}") from error
