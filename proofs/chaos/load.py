"""Sends the load at a steady rate in a thread of its own, and keeps the broker's receipts.

Nothing is given up: the producer is idempotent and tries again without end, whatever becomes of the broker.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import numpy as np
from confluent_kafka import KafkaError, Message

from proofs.chaos.events import Sent
from proofs.chaos.receipts import Receipts
from schemas.errors import Transient
from stream_app.bootstrap.deployment import producer
from stream_app.core.hashing import murmur2_at
from stream_app.deployment import KafkaConnection
from stream_app.ports.sending import HEADERS

_STEP_S = 0.02
_AHEAD = 20_000
_CATCH_UP = 2.0
_DELIVERED_WITHIN_S = 60.0
_OPTIONS: Final[Mapping[str, Any]] = {
    "acks": "all",
    "compression.type": "lz4",
    "linger.ms": 10,
    "message.timeout.ms": 0,
    "reconnect.backoff.max.ms": 500,
    "topic.metadata.refresh.interval.ms": 5_000,
    "queue.buffering.max.messages": 10 * _AHEAD,
}


class Load:
    """Events on their way into one topic; `kinds` counts them by what is the matter with them."""

    def __init__(
        self, kafka: KafkaConnection, topic: str, partitions: int, rate: float, events: Iterator[Sent]
    ) -> None:
        self.kinds: Counter[str] = Counter()
        self.receipts = [Receipts() for _ in range(partitions)]
        self._topic, self._rate, self._events = topic, rate, events
        self._failure: KafkaError | None = None
        self._stopping = threading.Event()
        self._producer = producer(kafka, _OPTIONS)
        self._thread = threading.Thread(target=self._send, name="load", daemon=True)

    @property
    def sent(self) -> int:
        """How many the broker has acknowledged."""
        return sum(receipts.count for receipts in self.receipts)

    @property
    def ends(self) -> list[int]:
        """Behind the last acknowledged record of each partition."""
        return [receipts.end for receipts in self.receipts]

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """End, once all that was sent is acknowledged. Raises Transient when that takes too long, or was refused."""
        self._stopping.set()
        self._thread.join(_DELIVERED_WITHIN_S)
        left = self._producer.flush(_DELIVERED_WITHIN_S)
        if left or self._failure is not None or self.sent != sum(self.kinds.values()):
            raise Transient(f"the load was not delivered whole ({left} left, {self._failure}): look at the broker")

    def stop(self) -> None:
        """End at once."""
        self._stopping.set()

    def _send(self) -> None:
        """Fall behind while the broker takes nothing, and catch up at twice the rate."""
        allowed, last = 0.0, time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            allowed = min(allowed + (now - last) * self._rate, 60 * self._rate)
            last = now
            room = min(allowed, _AHEAD - len(self._producer), _CATCH_UP * self._rate * _STEP_S)
            for event in islice(self._events, max(0, int(room))):
                self._produce(event)
                allowed -= 1
            self._producer.poll(0)
            time.sleep(_STEP_S)

    def _produce(self, event: Sent) -> None:
        self.kinds[event.kind] += 1
        home = _hash(event.key or b"") % len(self.receipts)
        partition = (home + 1) % len(self.receipts) if event.astray else home
        self._producer.produce(
            self._topic, event.value, event.key, partition, headers=HEADERS, on_delivery=self._delivered
        )

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failure = error
        else:
            self.receipts[message.partition()].add(message.offset(), message.value())


@lru_cache(maxsize=4096)
def _hash(key: bytes) -> int:
    return int(murmur2_at(np.frombuffer(key, np.uint8), np.zeros(1, np.int64), np.array([len(key)], np.int64))[0])
