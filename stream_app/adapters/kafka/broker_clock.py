"""Asks a broker for the time: by a record that it dates itself, in a topic that is made for it and deleted again."""

import time
from typing import Final
from uuid import uuid4

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, KafkaError, KafkaException, Message
from confluent_kafka.admin import NewTopic

from schemas.errors import Transient
from stream_app.adapters.kafka import connection
from stream_app.deployment import KafkaConnection

_ANSWER_WITHIN_S: Final = 10.0


def broker_time_ms(kafka: KafkaConnection, prefix: str) -> int:
    """The present by the broker's clock. Raises Transient when it does not tell it, or no topic may be made."""
    topic = f"{prefix}clock-{uuid4().hex}"
    try:
        admin = connection.admin(kafka)
        new = NewTopic(topic, 1, config={"message.timestamp.type": "LogAppendTime"})
        admin.create_topics([new])[topic].result(_ANSWER_WITHIN_S)
        try:
            return _dated(kafka, topic)
        finally:
            admin.delete_topics([topic])[topic].result(_ANSWER_WITHIN_S)
    except (KafkaException, TimeoutError) as error:
        raise Transient(
            f"{kafka} does not tell its time ({error}): it must let a topic be made and deleted, or let records be "
            "dated by this machine (--timestamp now)"
        ) from error


def _dated(kafka: KafkaConnection, topic: str) -> int:
    told: list[int] = []

    def note(error: KafkaError | None, message: Message) -> None:
        kind, moment = message.timestamp()
        if error is None and kind == TIMESTAMP_LOG_APPEND_TIME:
            told.append(moment)

    producer = connection.producer(kafka, {"message.timeout.ms": int(_ANSWER_WITHIN_S * 1000)})
    producer.produce(topic, b"", on_delivery=note)
    deadline = time.monotonic() + _ANSWER_WITHIN_S
    while not told and time.monotonic() < deadline:
        producer.poll(0.1)
    if not told:
        raise TimeoutError("the record that asks for it was not dated")
    return told[0]
