"""Where the tests publish alerts: to Kafka and to memory, both with publishers that can die in a transaction."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas import examples
from schemas.alerts import Alert
from schemas.topics import CHURN_ALERTS
from stream_app.adapters.kafka_alert_log import KafkaAlertLog
from stream_app.adapters.memory.alert_log import AlertPartition, MemoryAlertLog
from stream_app.partition.ports import AlertLog

EXAMPLE = msgspec.json.decode(examples.valid("alert")["firing-as-a-warning"], type=Alert)


def alert(offset: int, user: str = "ana") -> Alert:
    """A decision on the event at this offset."""
    source = msgspec.structs.replace(EXAMPLE.data.src, offset=offset)
    data = msgspec.structs.replace(EXAMPLE.data, user_ref=user, src=source, front=offset)
    return msgspec.structs.replace(EXAMPLE, subject=user, data=data)


def unstamped(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts without the time of their publication, which only Kafka's publisher knows."""
    return [
        msgspec.structs.replace(a, data=msgspec.structs.replace(a.data, detected_at=EXAMPLE.data.detected_at))
        for a in alerts
    ]


class Deployment(Protocol):
    """Partitions of an alerts topic."""

    def log(self, partition: int = 0) -> AlertLog:
        """What one session holds of it."""

    async def leave_open(self, log: AlertLog, alerts: Sequence[Alert]) -> None:
        """Let a publisher that is open die in the middle of a transaction with these alerts."""


class InMemory:
    def __init__(self) -> None:
        self._partitions = [AlertPartition(), AlertPartition()]

    def log(self, partition: int = 0) -> MemoryAlertLog:
        return MemoryAlertLog(self._partitions[partition])

    async def leave_open(self, log: AlertLog, alerts: Sequence[Alert]) -> None:
        assert isinstance(log, MemoryAlertLog)
        log.write(alerts)


class InKafka:
    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap = bootstrap
        self.app_id = prefix + "app"
        self.topic = prefix + CHURN_ALERTS.name
        admin = AdminClient({"bootstrap.servers": bootstrap})
        admin.create_topics([NewTopic(self.topic, 2, 1, config=CHURN_ALERTS.config())])[self.topic].result()

    def log(self, partition: int = 0) -> KafkaAlertLog:
        return KafkaAlertLog(self.bootstrap, self.app_id, self.topic, partition)

    async def leave_open(self, log: AlertLog, alerts: Sequence[Alert]) -> None:
        del log
        await self.transaction(f"{self.app_id}-0", alerts)

    async def transaction(self, transactional_id: str, alerts: Sequence[Alert]) -> None:
        """Written and acknowledged, never ended."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, transactional_id=transactional_id, acks="all")
        await producer.start()
        await producer.begin_transaction()
        for one in alerts:
            await producer.send_and_wait(self.topic, msgspec.json.encode(one), partition=0)
        await producer.stop()
