"""A deployment with dead letters, published as its worker would, and what became of them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from operations.redrive.redrive import Redrive
from schemas.events import Activity, ActivityData
from schemas.instants import format_instant
from schemas.redrives import OF, LetterId
from stack.local import Services
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.topic_log import KafkaTopicLog
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import PlainRecord
from stream_app.deployment import Deployment
from stream_app.partition.effects import Decisions
from stream_app.ports.dead_letters import Letter, read_letters
from tests.e2e.deployment import read_topic
from tests.support.connections import deployment_at
from tests.support.partitions import partitions_of

PARTITIONS = 2
NOW_MS = time.time_ns() // 1_000_000
SENT_MS = NOW_MS - 3_600_000
"""Lately: Kafka deletes events by the time at which they were sent, and those sent again keep it."""
OWN = ("trace", b"\x01\xff")


def activity(user: str | None, number: int = 1, time_ms: int = SENT_MS, recorded_ms: int | None = None) -> bytes:
    """An event as a producer writes it."""
    return msgspec.json.encode(
        Activity(
            specversion="1.0",
            id=f"{user}-{number}",
            source="/test",
            time=format_instant(time_ms),
            subject=user,
            recordedtime=None if recorded_ms is None else format_instant(recorded_ms),
            data=ActivityData(action="next_song"),
        )
    )


def home_of(user: str, partitions: int = PARTITIONS) -> int:
    return int(partitions_of([user.encode()], partitions)[0])


def user_of(partition: int) -> str:
    return next(name for name in (f"user-{i}" for i in range(100)) if home_of(name) == partition)


@dataclass(frozen=True)
class Desk:
    """A deployment's topics on the run's Kafka."""

    services: Services
    prefix: str

    @property
    def at(self) -> Deployment:
        return deployment_at(self.services, self.prefix)

    @property
    def redrive(self) -> Redrive:
        return Redrive(self.at.kafka, self.at.topics)

    def decisions(self, partition: int = 0) -> KafkaDecisions:
        return KafkaDecisions(self.at, partition)

    def reject(self, rejected: Sequence[DeadLetter], front: int = -1) -> list[Letter]:
        """Publish dead letters of partition 0, and read them all."""

        async def publishing() -> None:
            log = self.decisions()
            await log.open()
            await log.publish_dead_letters(rejected, front, "5e55")
            await log.close()

        asyncio.run(publishing())
        return self.letters()

    def letters(self) -> list[Letter]:
        return list(read_letters(KafkaTopicLog(self.at.kafka, self.at.topics.letters, whole=False)))

    def read_back(self) -> Decisions:
        """What the next owner of partition 0 knows of what was rejected."""

        async def reading() -> Decisions:
            log = self.decisions()
            await log.open()
            found = await log.read_back(0, 0)
            await log.close()
            return found

        return asyncio.run(reading())

    def sent_again(self) -> list[tuple[int, PlainRecord]]:
        """Partition and record of everything in the events that came from a dead letter."""
        logs = enumerate(read_topic(self.at.kafka, self.at.topics.events))
        return [(at, record) for at, log in logs for record in log if OF in dict(record.headers)]

    def ledger_states(self, letter: LetterId) -> list[bytes]:
        records = read_topic(self.at.kafka, self.at.topics.letters)[letter.partition]
        headers = [dict(record.headers) for record in records]
        of = str(letter).encode()
        return [found["__churn.redrive.state"] for found in headers if found.get(OF) == of]


def rejected(offset: int, value: bytes | None, reason: str = "bug", key: bytes | None = b"key") -> DeadLetter:
    """A record of partition 0 that the worker could not apply."""
    record = PlainRecord(offset, SENT_MS, key, value, (OWN,))
    return DeadLetter(record, reason, f"it is {reason}")  # type: ignore[arg-type]  # the reasons are the tests' own
