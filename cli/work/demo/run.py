"""Runs the demo: topics of its own, a worker of its own, events in, alerts out; and takes all of it away again."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import Transient
from schemas.instants import parse_instant
from schemas.outgoing import OutgoingEvent
from stack.worker_process import WorkerProcess
from stream_app.bootstrap.deployment import (
    create_topics,
    delete_topics,
    deployment_of,
    forget,
    subscriber,
    topic_log,
)
from stream_app.bootstrap.deployment import sender as new_sender
from stream_app.bootstrap.engine import first_control
from stream_app.ports.dead_letters import read_letters
from stream_app.ports.pacing import Pace, at_rate, flat_out
from stream_app.ports.receiving import Received, Subscriber
from stream_app.ports.sending import Sender
from stream_app.settings import Settings

_POLL_S = 0.05
_STUCK_AFTER_S = 60.0
_PACED = 30_000
_PACED_RATE = 3_000.0
"""So many events are sent at so many a second once the rest is applied: latency is then not queueing time."""

ShowProgress = Callable[[str, int, int], None]
"""What is being done, events applied, events in all."""


@dataclass
class DemoFigures:
    """What was seen of the run. Latencies are from the sending of an event to the arrival of its alert, in ms."""

    events: int = 0
    flat_out_seconds: float = 0.0
    flat_out_events: int = 0
    alerts: list[Received] = field(default_factory=list)
    latencies_ms: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    dead_letters: int = 0


class DemoRun:
    """One demo on running services; use as a context, so that whatever happens nothing of it stays."""

    def __init__(self, settings: Settings, directory: Path, on_alert: Callable[[Received], None]) -> None:
        self.settings = settings
        self.trace = directory / "trace.bin"
        self.facts = DemoFigures()
        self.deployment = deployment_of(settings)
        self.applied = 0
        self._directory = directory
        self._on_alert = on_alert
        self._worker: WorkerProcess | None = None
        self._subscriber: Subscriber | None = None
        self._paced_from_ms: int | None = None

    def __enter__(self) -> "DemoRun":
        self.trace.unlink(missing_ok=True)
        return self

    def prepare(self) -> None:
        """Make topics and the first control records, start the worker, subscribe."""
        create_topics(self.deployment, self.settings.partitions, first_control(self.settings))
        self._worker = WorkerProcess(self.deployment.environment, self._directory / "worker.log", self.trace)
        self._subscriber = subscriber(self.deployment, from_start=True)
        self._worker.wait_until_ready()

    def send(self, events: Sequence[OutgoingEvent], show: ShowProgress) -> None:
        """Send all but the last events flat out, wait until they are applied, send the rest at a walk, wait again."""
        paced = min(_PACED, len(events) // 2)
        head, tail = events[: len(events) - paced], events[len(events) - paced :]
        self.facts.events = len(events)
        started = time.monotonic()
        self._phase("flat out", head, flat_out(), len(head), show)
        self.facts.flat_out_seconds, self.facts.flat_out_events = time.monotonic() - started, len(head)
        self._paced_from_ms = time.time_ns() // 1_000_000
        self._phase(f"{_PACED_RATE:,.0f} a second", tail, at_rate(_PACED_RATE), len(events), show)
        self._drain()
        self.facts.counts = dict(self._running().probe()["counts"])
        letters = topic_log(self.deployment.kafka, self.deployment.topics.letters)
        self.facts.dead_letters = sum(1 for _ in read_letters(letters))

    def _phase(self, title: str, events: Sequence[OutgoingEvent], pace: Pace, total: int, show: ShowProgress) -> None:
        """Send events from a thread, collecting alerts meanwhile, until the worker has applied all that was sent."""
        sender = new_sender(self.deployment)
        failures: list[BaseException] = []
        thread = threading.Thread(target=_send, args=(sender, events, pace, failures), daemon=True)
        thread.start()
        try:
            moved_at, before = time.monotonic(), -1
            while thread.is_alive() or before < total:
                self._collect(_POLL_S)
                self._running().must_run()
                applied = self.applied = self._running().applied() - self.settings.partitions
                if applied != before:
                    moved_at, before = time.monotonic(), applied
                    show(title, max(applied, 0), self.facts.events)
                if failures:
                    raise failures[0]
                if time.monotonic() - moved_at > _STUCK_AFTER_S:
                    raise Transient(f"the worker stands at {applied:,} of {total:,} events; see {self._running().log}")
        finally:
            sender.stop()
            thread.join()

    def _collect(self, within_s: float) -> int:
        assert self._subscriber is not None
        received = self._subscriber.poll(within_s)
        for one in received:
            self.facts.alerts.append(one)
            sent_ms = parse_instant(one.alert.data.src.sent_at)
            if self._paced_from_ms is not None and sent_ms >= self._paced_from_ms:
                self.facts.latencies_ms.append(one.received_ms - sent_ms)
            self._on_alert(one)
        return len(received)

    def _drain(self) -> None:
        """Everything is applied, so every alert is committed: read until the topic is silent."""
        while self._collect(1.0):
            pass

    def _running(self) -> WorkerProcess:
        if self._worker is None:
            raise RuntimeError("the demo's worker has not been started")
        return self._worker

    def stop_worker(self) -> None:
        """Let the worker finish and go."""
        self._running().stop()

    def __exit__(self, *_: object) -> None:
        """Take away worker, topics and states, each whatever becomes of the others."""
        with ExitStack() as taking_away:
            taking_away.callback(forget, self.deployment)
            taking_away.callback(delete_topics, self.deployment)
            if self._subscriber is not None:
                taking_away.callback(self._subscriber.close)
            if self._worker is not None:
                taking_away.callback(self._worker.stop)


def _send(sender: Sender, events: Sequence[OutgoingEvent], pace: Pace, failures: list[BaseException]) -> None:
    try:
        sender.send(events, pace, lambda _: None)
    except Exception as error:  # noqa: BLE001 - handed to the thread that waits
        failures.append(error)
