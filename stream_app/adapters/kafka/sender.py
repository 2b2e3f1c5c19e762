"""Sends events to Kafka: idempotent, partitioned by user as murmur2 says, each delivered or counted as failed."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message

from schemas.errors import ContractViolation
from schemas.outgoing import OutgoingEvent
from stream_app.adapters.kafka.connection import producer
from stream_app.adapters.kafka.said import answers, error_of
from stream_app.adapters.kafka.unseen_topics import refuse_unseen
from stream_app.deployment import KafkaConnection
from stream_app.ports.pacing import Pace
from stream_app.ports.sending import HEADERS, SendingCounts

_METADATA_TIMEOUT_S: Final = 10.0
_DELIVERY_TIMEOUT_MS: Final = 60_000
_POLL_S: Final = 0.1
_STEP: Final = 500


class KafkaSender:
    """Puts events on one topic and knows exactly what was delivered.

    Raises Transient when no broker answers, ContractViolation when the topic does not exist.
    """

    def __init__(self, kafka: KafkaConnection, topic: str) -> None:
        self.counts = SendingCounts()
        self.users: set[bytes] = set()
        self.stopped = False
        self._kafka = kafka
        self._topic = topic
        self._failure: KafkaError | None = None
        self._producer = producer(kafka, self._options())
        self._check_topic()

    def send(self, events: Iterable[OutgoingEvent | None], pace: Pace, advance: Callable[[int], None]) -> SendingCounts:
        """Send the events in their order, each when it is due, as the port says.

        Raises ContractViolation when Kafka refuses an event, Transient when one could not be delivered.
        """
        try:
            self._produce_all(events, pace, advance)
        except KafkaException as error:
            self._failure = self._failure or error.args[0]
            self.counts.failed += 1
        finally:
            self._drain()
        self._refuse_failures()
        return self.counts

    def stop(self) -> None:
        """Let `send` deliver what it has queued, take nothing more from its source, and return."""
        self.stopped = True

    def _options(self) -> dict[str, Any]:
        return {
            "acks": "all",
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 10,
            "message.timeout.ms": _DELIVERY_TIMEOUT_MS,
            "delivery.report.only.error": True,
            "on_delivery": self._count_failure,
        }

    def _check_topic(self) -> None:
        with answers("sending events", self._kafka, self._producer):
            topics = self._producer.list_topics(timeout=_METADATA_TIMEOUT_S).topics
        if self._topic not in topics:
            refuse_unseen(self._kafka, self._topic)
            raise ContractViolation(
                f"there is no topic {self._topic} at {self._kafka}: `churn up` creates it, and CHURN_TOPIC_PREFIX "
                "must be the one that it was created with"
            )

    def _produce_all(self, events: Iterable[OutgoingEvent | None], pace: Pace, advance: Callable[[int], None]) -> None:
        reported = self.counts.sent
        for place, event in enumerate(events):
            if event is None:
                self.counts.skipped += 1
                continue
            waited = self._wait_until(pace(place, event.time_ms))
            if self.stopped or self.counts.failed:
                break
            self._produce(event)
            if waited or self.counts.sent - reported >= _STEP:
                advance(self.counts.sent - reported)
                reported = self.counts.sent
                self._producer.poll(0)
        advance(self.counts.sent - reported)

    def _wait_until(self, due_s: float) -> bool:
        waited = False
        while (wait_s := due_s - time.monotonic()) > 0 and not self.stopped:
            time.sleep(min(wait_s, _POLL_S))
            self._producer.poll(0)
            waited = True
        return waited

    def _produce(self, event: OutgoingEvent) -> None:
        queued = False
        while not queued:
            try:
                self._producer.produce(self._topic, value=event.value, key=event.key, headers=HEADERS)
                queued = True
            except BufferError:
                self._producer.poll(_POLL_S)
        self.users.add(event.key)
        self.counts.sent += 1
        self.counts.bytes += len(event.value)

    def _drain(self) -> None:
        if self.counts.failed:
            self._producer.purge(in_flight=False)
        while self._producer.flush(_POLL_S):
            pass

    def _count_failure(self, error: KafkaError, message: Message) -> None:
        self.counts.failed += 1
        self.counts.sent -= 1
        self.counts.bytes -= len(message.value())
        self._failure = self._failure or error

    def _refuse_failures(self) -> None:
        if self._failure is not None:
            cause = self._producer.heard.cause_of(KafkaException(self._failure))
            what = f"{self.counts.failed} events could not be delivered to {self._topic}, {self.counts.sent} were"
            raise error_of(cause, what, self._kafka)
