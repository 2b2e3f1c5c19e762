"""Fills a topic as fast as one process can: the records are those that a producer of events would send."""

from collections.abc import Iterable
from typing import Any, Final

from confluent_kafka import KafkaError, Message

from benchmarks.speed.load import Chunk
from schemas.errors import Transient
from stream_app.bootstrap.deployment import producer
from stream_app.deployment import Deployment, KafkaConnection
from stream_app.ports.sending import HEADERS

_WITHIN_S: Final = 60.0


class Filler:
    """One producer. `put` queues a chunk, `finish` waits until everything is delivered."""

    def __init__(self, kafka: KafkaConnection, topic: str, linger_ms: int = 10) -> None:
        self._topic = topic
        self._failed = 0
        self._producer = producer(kafka, {**_options(linger_ms), "on_delivery": self._count_failure})

    def put(self, chunk: Chunk) -> None:
        """Queue events; waits while the queue is full."""
        for key, value in zip(*chunk, strict=True):
            self.put_one(key, value, 0)
        self.poll()

    def put_one(self, key: bytes, value: bytes, timestamp_ms: int) -> None:
        """Queue one event with a time of sending of its own, 0 for now."""
        while True:
            try:
                self._producer.produce(self._topic, value, key, timestamp=timestamp_ms, headers=HEADERS)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def poll(self) -> None:
        """Hear of failures."""
        self._producer.poll(0)

    def finish(self) -> None:
        """Raises Transient unless everything has been delivered."""
        left = self._producer.flush(_WITHIN_S)
        if left or self._failed:
            raise Transient(f"{left + self._failed} events did not reach {self._topic}: see that the broker runs")

    def _count_failure(self, _error: KafkaError, _message: Message) -> None:
        self._failed += 1


def fill(deployment: Deployment, chunks: Iterable[Chunk]) -> None:
    """Send everything to the events and wait until it is delivered."""
    filler = Filler(deployment.kafka, deployment.topics.events)
    for chunk in chunks:
        filler.put(chunk)
    filler.finish()


def _options(linger_ms: int) -> dict[str, Any]:
    return {
        "partitioner": "murmur2_random",
        "compression.type": "lz4",
        "linger.ms": linger_ms,
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 1 << 20,
        "delivery.report.only.error": True,
    }
