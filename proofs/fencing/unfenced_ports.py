"""Effects without a fence: MGET and a pipeline of SETs through a Redis client, alerts sent without a transaction.

They do what a session asks for as long as nothing goes wrong: no owner, no compare-and-set, no reading back.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition

from schemas.alerts import Alert
from schemas.errors import ContractViolation, Transient
from stream_app.bootstrap.deployment import aio_client, aio_producer, meta_key, state_prefix
from stream_app.core.intake.outcome import DeadLetter
from stream_app.deployment import Deployment
from stream_app.partition.effects import Claim, Commit, Decisions, LogBounds, Meta

_ANYWHERE = 1 << 62
_MAX_BATCH_BYTES = 1 << 20


class UnfencedStates:
    """States of one partition; its position is one more key."""

    def __init__(self, deployment: Deployment, partition: int) -> None:
        self._client: Any = aio_client(deployment.redis)
        self._prefix = state_prefix(deployment.app_id, partition)
        self._position = f"{meta_key(deployment.app_id, partition)}:position"

    async def claim(self, claim: Claim) -> Meta:
        """Begin at the beginning, whoever else does."""
        return Meta(0, None, claim.state_digest, claim.partitions, None)

    async def check(self, _token: bytes, _position: int) -> bool:
        """Nobody asks."""
        return True

    async def load(self, users: Sequence[str]) -> Sequence[bytes | None]:
        """The stored states."""
        states: list[bytes | None] = await self._client.mget([self._prefix + user for user in users])
        return states

    async def commit(self, commit: Commit) -> bool:
        """One SET for each state and one for the position, in one round trip, each on its own."""
        pipeline = self._client.pipeline(transaction=False)
        for user, state in zip(commit.users, commit.states, strict=True):
            pipeline.set(self._prefix + user, state)
        pipeline.set(self._position, commit.position)
        await pipeline.execute()
        return True

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()


class UnfencedDecisions:
    """Alerts of one partition: as large produce requests as the fenced form's, acknowledged, without a transaction."""

    def __init__(self, deployment: Deployment, partition: int) -> None:
        self._kafka = deployment.kafka
        self._at = TopicPartition(deployment.topics.alerts, partition)
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        """Connect."""
        self._producer = aio_producer(self._kafka, enable_idempotence=True, max_batch_size=_MAX_BATCH_BYTES)
        await self._producer.start()

    async def read_back(self, _position: int, _rejected_from: int) -> Decisions:
        """Nothing is read back."""
        return Decisions(-1, {}, -1)

    async def read_alerts(self, _before: int) -> Sequence[Alert]:
        """None are told of."""
        return []

    async def publish_dead_letters(self, letters: Sequence[DeadLetter], _front: int, _session: str) -> None:
        """The topics that are compared have none. Raises ContractViolation."""
        raise ContractViolation(f"the benchmark's topic holds {len(letters)} records that cannot be applied")

    async def publish_alerts(self, alerts: Sequence[Alert]) -> None:
        """Send and wait until it is acknowledged."""
        if self._producer is None:
            raise Transient("the alerts are not connected")
        batch = self._producer.create_batch()
        for alert in alerts:
            key, value = alert.data.user_ref.encode(), msgspec.json.encode(alert)
            if batch.append(key=key, value=value, timestamp=None) is None:
                await self._send(self._producer, batch)
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        await self._send(self._producer, batch)

    async def _send(self, producer: AIOKafkaProducer, batch: object) -> None:
        await (await producer.send_batch(batch, self._at.topic, partition=self._at.partition))

    async def close(self) -> None:
        """Close the producer."""
        if self._producer is not None:
            await self._producer.stop()


class UnseenEventLog:
    """A log that nobody looks at from the side."""

    async def inspect(self, _offset: int | None) -> LogBounds:
        """Every position is as good as another."""
        return LogBounds(0, _ANYWHERE, None)
