"""The decisions of one partition in Kafka: alerts and dead letters, published in transactions and read back."""

import time
from collections.abc import Sequence
from importlib.metadata import version

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from schemas.alerts import Alert
from schemas.dead_letters import Rejection, read_rejection
from schemas.errors import Transient
from schemas.instants import format_instant
from stream_app.adapters.kafka.acceptance import acceptance_of
from stream_app.adapters.kafka.publisher import Publisher
from stream_app.adapters.kafka.scan import ReadOn, Scan, readers, settled
from stream_app.core.intake.outcome import DeadLetter
from stream_app.deployment import Deployment
from stream_app.partition.effects import Decisions
from stream_app.partition.letters import LetterOrigin, Rejections, addressed
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
        self._ahead: ReadOn[Alert] | None = None

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
        """Scan letters back to the first whose front lies below what is asked for, and find where alerts begin that
        are at or after the position."""

        def is_due(one: Alert) -> bool:
            return one.data.front >= position

        async with readers(self._kafka) as pair:
            alerts = await settled(pair, self._alerts)
            first, newest = await Scan[Alert](pair.committed, alerts, _alert).first_due(is_due)
            rejected = Rejections(rejected_from)
            letters = Scan[Rejection](pair.committed, await settled(pair, self._letters), _rejection)
            async for _, letter in letters.newest_first():
                if not rejected.add(letter):
                    break
        self._ahead = ReadOn[Alert](self._kafka, alerts._replace(begin=first), _alert)
        await self._ahead.read_while(lambda one: not is_due(one))
        return Decisions(newest.data.front if newest else -1, rejected.reasons, rejected.front)

    async def read_alerts(self, before: int) -> Sequence[Alert]:
        """The next ones, read on from where the last call ended."""
        if self._ahead is None:
            raise Transient("the log of decisions is not open")
        return await self._ahead.read_while(lambda one: one.data.src.offset < before)

    async def close(self) -> None:
        """Drop the producer, and the reader of alerts."""
        if self._ahead is not None:
            await self._ahead.close()
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
