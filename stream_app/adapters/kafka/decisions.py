"""The decisions of one partition in Kafka: alerts and dead letters, published in transactions and read back."""

import time
from collections.abc import Sequence
from importlib.metadata import version

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from schemas.alerts import Alert
from schemas.dead_letters import Rejection, read_rejection
from schemas.instants import format_instant
from stream_app.adapters.kafka.acceptance import acceptance_of
from stream_app.adapters.kafka.publisher import Publisher
from stream_app.adapters.kafka.scan import readers, scan_back
from stream_app.core.intake.outcome import DeadLetter
from stream_app.deployment import Deployment
from stream_app.partition.effects import Decisions
from stream_app.partition.letters import LetterOrigin, addressed, decisions
from stream_app.ports.sending import HEADERS
from stream_app.ports.writing import OutgoingRecord

APP_VERSION = version("churn")

_decoder = msgspec.json.Decoder(Alert)


class KafkaDecisions:
    """One partition of the alerts and of the dead letters, which belong to one partition of the events."""

    def __init__(self, deployment: Deployment, partition: int) -> None:
        self._kafka, topics = deployment.kafka, deployment.topics
        self._alerts, self._letters = (TopicPartition(name, partition) for name in (topics.alerts, topics.letters))
        self._source = LetterOrigin(topics.events, partition, APP_VERSION)
        self._publisher = Publisher(self._kafka, f"{deployment.app_id}-{partition}")

    async def open(self) -> None:
        """Fence the publisher before, and end the transaction that it may have left open."""
        await self._publisher.open()

    async def publish_alerts(self, alerts: Sequence[Alert]) -> None:
        """Write alerts, stamped with the present time."""
        accepted = acceptance_of(self._alerts.topic)
        timestamp = accepted.timestamp(_now_ms())
        records = [
            OutgoingRecord(alert.data.user_ref.encode(), msgspec.json.encode(_stamped(alert)), HEADERS, timestamp)
            for alert in alerts
        ]
        with accepted.learning(self._alerts.topic):
            await self._publisher.publish(self._alerts, records)

    async def publish_dead_letters(self, letters: Sequence[DeadLetter], front: int, session: str) -> None:
        """Write dead letters: the original bytes untouched, as far as Kafka takes them, and headers that say why."""
        accepted = acceptance_of(self._letters.topic)
        records = [
            OutgoingRecord(kept.key, kept.value, headers, accepted.timestamp(kept.timestamp))
            for kept, headers in addressed(letters, front, session, self._source, _now_ms(), accepted.largest)
        ]
        with accepted.learning(self._letters.topic):
            await self._publisher.publish(self._letters, records)

    async def read_back(self, position: int, rejected_from: int) -> Decisions:
        """Scan both back from the end to the first decision whose front lies below what is asked for."""
        async with readers(self._kafka) as pair:
            alerts = await scan_back(pair, self._alerts, _alert, lambda one: one.data.front < position)
            letters = await scan_back(pair, self._letters, _rejection, lambda one: one.front < rejected_from)
        return decisions(alerts, position, letters, rejected_from)

    async def close(self) -> None:
        """Drop the producer."""
        await self._publisher.close()


def _alert(record: ConsumerRecord) -> Alert:
    return _decoder.decode(record.value)


def _rejection(record: ConsumerRecord) -> Rejection | None:
    return read_rejection(record.headers)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _stamped(alert: Alert) -> Alert:
    now = format_instant(_now_ms())
    return msgspec.structs.replace(alert, data=msgspec.structs.replace(alert.data, detected_at=now))
