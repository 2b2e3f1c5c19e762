"""Every client of Kafka is made here: one function for each kind of client of each library, and Faust's arguments."""

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from stream_app.adapters.kafka.block_fetches import deliver_records
from stream_app.deployment import KafkaConnection


def consumer(kafka: KafkaConnection, options: Mapping[str, Any]) -> Consumer:
    """librdkafka's, which commits nothing; `options` under its own names."""
    return Consumer({"group.id": "unused", "enable.auto.commit": False, **_librdkafka(kafka), **options})


def producer(kafka: KafkaConnection, options: Mapping[str, Any]) -> Producer:
    """librdkafka's, idempotent; `options` under its own names."""
    return Producer({"enable.idempotence": True, **_librdkafka(kafka), **options})


def admin(kafka: KafkaConnection) -> AdminClient:
    """librdkafka's. Hold on to it until its answers are there: they fail when it goes."""
    return AdminClient(_librdkafka(kafka))


def aio_consumer(kafka: KafkaConnection, **options: Any) -> AIOKafkaConsumer:  # noqa: ANN401 - aiokafka's own
    """aiokafka's, which commits nothing, reads only where it was sent, and delivers plain records."""
    consumer = AIOKafkaConsumer(auto_offset_reset="none", enable_auto_commit=False, **_aiokafka(kafka), **options)
    deliver_records(consumer)
    return consumer


def aio_producer(kafka: KafkaConnection, **options: Any) -> AIOKafkaProducer:  # noqa: ANN401 - aiokafka's own
    """aiokafka's."""
    return AIOKafkaProducer(**_aiokafka(kafka), **options)


def faust_arguments(kafka: KafkaConnection) -> dict[str, Any]:
    """What Faust's app is told of the brokers."""
    return {"broker": [f"kafka://{server}" for server in kafka.servers]}


def _librdkafka(kafka: KafkaConnection) -> dict[str, Any]:
    return {"bootstrap.servers": kafka.bootstrap, "log_level": 0}


def _aiokafka(kafka: KafkaConnection) -> dict[str, Any]:
    return {"bootstrap_servers": kafka.bootstrap}
