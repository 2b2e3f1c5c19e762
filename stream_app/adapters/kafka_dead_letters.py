"""Writes poison to the dead-letter topic: the original bytes untouched, and headers that say why."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.dead_letters import HEADER_PREFIX
from schemas.errors import Transient
from schemas.topics import DEAD_LETTERS
from stream_app.adapters.kafka_producers import drop
from stream_app.core.intake import DeadLetter

_TIMEOUT_S = 15.0


class KafkaDeadLetters:
    """The dead-letter topic, for all partitions of a worker; connects when the first letter comes.

    A producer that failed is given up: it may be unable to send anything ever again. The next letter gets a new one.
    """

    def __init__(self, bootstrap: str, topic: str, source_topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._source_topic = source_topic
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish(self, letters: Sequence[DeadLetter], partition: int, session: str) -> None:
        """Write letters; returns when all are acknowledged."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                producer = await self._started()
                sent = [await self._send(producer, letter, partition, session) for letter in letters]
                await asyncio.gather(*sent)
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise Transient(f"Kafka did not take the dead letters: {error!r}") from error

    async def close(self) -> None:
        """Give the producer up."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await drop(producer)

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    enable_idempotence=True,
                    max_request_size=DEAD_LETTERS.max_message_bytes,
                )
                await self._producer.start()
        return self._producer

    async def _send(
        self, producer: AIOKafkaProducer, letter: DeadLetter, partition: int, session: str
    ) -> asyncio.Future[object]:
        record = letter.record
        facts = {
            "topic": self._source_topic,
            "partition": str(partition),
            "offset": str(record.offset),
            "timestamp": str(record.timestamp),
            "reason": letter.reason,
            "message": letter.message,
            "session": session,
        }
        headers = [*record.headers, *((HEADER_PREFIX + name, text.encode()) for name, text in facts.items())]
        future: asyncio.Future[object] = await producer.send(
            self._topic, value=record.value, key=record.key, headers=headers, timestamp_ms=record.timestamp
        )
        return future
