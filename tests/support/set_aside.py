"""Writes the dead letters of records that our own code has failed on, as a worker would."""

from confluent_kafka import Producer

from schemas.dead_letters import Rejection, to_headers
from stream_app.core.log import PlainRecord
from stream_app.deployment import KafkaConnection


def set_aside(kafka: KafkaConnection, topic: str, partition: int, record: PlainRecord) -> None:
    """Put the record into the dead letters `topic` under the reason `bug`."""
    rejection = Rejection(
        topic="customer-events",
        partition=partition,
        offset=record.offset,
        timestamp=record.timestamp,
        reason="bug",
        error="ValueError",
        message="no",
        app_version="1",
        schema="churn.events.v2",
        session="5e55",
        front=record.offset,
    )
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    headers = [*record.headers, *to_headers(rejection)]
    producer.produce(topic, record.value, record.key, partition, timestamp=record.timestamp, headers=headers)
    assert producer.flush(30) == 0
