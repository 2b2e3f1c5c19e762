"""Where the tests publish decisions: to Kafka and to memory, both with publishers that can die in a transaction."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec
from aiokafka import AIOKafkaProducer
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas import examples
from schemas.alerts import Alert
from schemas.topics import CHURN_ALERTS, DEAD_LETTERS
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.memory.decisions import DecisionPartition, MemoryDecisions
from stream_app.core.engine import Recorded
from stream_app.core.log import PlainRecord
from stream_app.deployment import Deployment as Kept
from stream_app.partition.ports import DecisionLog

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


async def alerts_from(log: DecisionLog, position: int) -> Recorded:
    """What was read back of the alerts."""
    found = await log.read_back(position, position)
    alerts = await log.read_alerts(1 << 60)
    return Recorded({alert.data.src.offset: alert for alert in alerts}, found.front)


class Deployment(Protocol):
    """Two partitions of alerts and dead letters; `source` is the topic of the events that they are about."""

    source: str

    def log(self, partition: int = 0) -> DecisionLog:
        """What one session holds of it."""

    def letters(self, partition: int, count: int) -> list[PlainRecord]:
        """The first dead letters of a partition; offsets are the topic's own."""

    async def leave_open(self, log: DecisionLog, alerts: Sequence[Alert]) -> None:
        """Let a publisher that is open die in the middle of a transaction with these alerts."""


class InMemory:
    source = "customer-events"

    def __init__(self) -> None:
        self._partitions = [DecisionPartition(self.source, 0), DecisionPartition(self.source, 1)]

    def log(self, partition: int = 0) -> MemoryDecisions:
        return MemoryDecisions(self._partitions[partition])

    def letters(self, partition: int, count: int) -> list[PlainRecord]:
        return self._partitions[partition].letters[:count]

    async def leave_open(self, log: DecisionLog, alerts: Sequence[Alert]) -> None:
        assert isinstance(log, MemoryDecisions)
        log.write(alerts)


class InKafka:
    def __init__(self, at: Kept) -> None:
        self.at, self.bootstrap, self.app_id = at, at.kafka.bootstrap, at.app_id
        self.source, self.topic, self.letters_topic = at.topics.names
        new = [(self.topic, CHURN_ALERTS), (self.letters_topic, DEAD_LETTERS)]
        topics = [NewTopic(name, 2, 1, config=topic.config()) for name, topic in new]
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for created in admin.create_topics(topics).values():
            created.result()

    def log(self, partition: int = 0) -> KafkaDecisions:
        return KafkaDecisions(self.at, partition)

    def letters(self, partition: int, count: int) -> list[PlainRecord]:
        consumer = Consumer(
            {"bootstrap.servers": self.bootstrap, "group.id": "unused", "isolation.level": "read_committed"}
        )
        consumer.assign([TopicPartition(self.letters_topic, partition, OFFSET_BEGINNING)])
        messages = consumer.consume(count, 10.0)
        consumer.close()
        return [
            PlainRecord(m.offset() or 0, m.timestamp()[1], m.key(), m.value(), tuple(m.headers() or ()))
            for m in messages
        ]

    async def leave_open(self, log: DecisionLog, alerts: Sequence[Alert]) -> None:
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
