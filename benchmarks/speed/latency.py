"""How long events take under an open-loop load, from the moment they were due to the alerts that follow from them.

Every hundredth event is a new user's first and raises an alert, so alerts are a fair sample of all events: one in a
hundred, evenly spread. Two delays are taken of each, both from the time at which the event was due to be sent:

    to hand    the worker has read, folded, scored and decided it: the alert's `detected_at`
    to alert   a `read_committed` subscriber has the alert

Times are whole milliseconds of one machine's clock. The first seconds of every load are discarded.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from benchmarks.speed.deployments import Site, Testbed, a_testbed
from benchmarks.speed.filling import fill
from benchmarks.speed.load import one_each
from benchmarks.speed.open_loop import Loader, OpenLoad, SendingReport
from benchmarks.speed.policies import first_event_control
from benchmarks.speed.readings import UsageReading, between, known, read, wait_for
from schemas.errors import ContractViolation
from schemas.instants import parse_instant
from stack.worker_process import WorkerProcess
from stream_app.bootstrap.deployment import subscriber as new_subscriber
from stream_app.ports.receiving import Subscriber

KNOWN_USERS = 20_000
_BROKER_WARM_UP = (10_000, 12.0)
"""Rate and seconds of a first load that counts for nothing: a broker just started has yet to compile itself."""
NEW_EVERY = 100
WARM_UP_S = 4.0
_POLL_S = 0.002
_DRAIN_S = 10.0
_PERCENTILES = {"p50": 50.0, "p99": 99.0, "p999": 99.9}


class Delays(NamedTuple):
    """Of one alert, in ms."""

    due_ms: int
    to_hand_ms: int
    to_alert_ms: int


@dataclass
class LatencyBench:
    """A worker whose known users all have a state and an open alert, and a subscriber to its alerts."""

    made: Testbed
    worker: WorkerProcess
    subscriber: Subscriber
    known_users: int
    sent: int
    users: int
    seen: list[Delays] = field(default_factory=list)

    def offer(self, rate: float, seconds: float, warm_up_s: float = WARM_UP_S) -> dict[str, object]:
        """Put a load on the worker, behind all that was sent before; what came of it once the warm-up was over."""
        self.settle()
        load = OpenLoad(
            kafka=self.made.deployment.kafka,
            topic=self.made.deployment.topics.events,
            rate=rate,
            seconds=warm_up_s + seconds,
            known_users=self.known_users,
            new_every=NEW_EVERY,
            first=self.sent,
            first_new=self.users,
            seed=self.sent,
        )
        self.sent, self.users = self.sent + load.events, self.users + load.new_users
        self.seen.clear()
        loader = Loader(load)
        try:
            start_ms = loader.start()
            warm_ms, end_ms = start_ms + round(warm_up_s * 1000), start_ms + round(load.seconds * 1000)
            first = self._watch_until(warm_ms)
            last = self._watch_until(end_ms)
            report = loader.report()
        finally:
            loader.stop()
        self._drain(load.new_users)
        measured = [delays for delays in self.seen if warm_ms <= delays.due_ms < end_ms]
        return _result(load, (end_ms - warm_ms) / 1000, first, last, report, measured, load.new_users - len(self.seen))

    def warm_broker(self) -> None:
        """Put a load on that counts for nothing."""
        self.offer(*_BROKER_WARM_UP, warm_up_s=0.0)

    def settle(self) -> None:
        """Wait until the worker has applied all that was sent, and forget its alerts."""
        wait_for(self.worker, self.made.pids, self.sent)
        while self.subscriber.poll(0.5):
            pass

    def _watch_until(self, moment_ms: int) -> UsageReading:
        while time.time_ns() // 1_000_000 < moment_ms:
            self._collect(_POLL_S)
        return read(self.worker, self.made.pids)

    def _drain(self, alerts: int) -> None:
        deadline = time.monotonic() + _DRAIN_S
        while len(self.seen) < alerts and time.monotonic() < deadline:
            self._collect(_POLL_S)

    def _collect(self, within_s: float) -> None:
        for one in self.subscriber.poll(within_s):
            due_ms = parse_instant(one.alert.data.src.sent_at)
            detected_ms = parse_instant(one.alert.data.detected_at)
            self.seen.append(Delays(due_ms, detected_ms - due_ms, one.received_ms - due_ms))


@contextmanager
def bench(site: Site, app_id: str, known_users: int = KNOWN_USERS) -> Iterator[LatencyBench]:
    """A deployment in which every known user has sent an event; taken away at the end."""
    with a_testbed(site, app_id, first_event_control()) as made, made.worker() as worker:
        worker.wait_until_ready()
        subscriber = new_subscriber(made.deployment, from_start=False)
        try:
            now_ms = time.time_ns() // 1_000_000
            fill(made.deployment, one_each(known_users, start_ms=now_ms - 86_400_000))
            ready = LatencyBench(made, worker, subscriber, known_users, sent=known_users, users=known_users)
            ready.settle()
            _demand_alerts(worker, known_users)
            yield ready
        finally:
            subscriber.close()


def _demand_alerts(worker: WorkerProcess, users: int) -> None:
    alerts = worker.probe()["counts"].get("alerts", 0)
    if alerts != users:
        raise ContractViolation(f"{users:,} first events raised {alerts:,} alerts: see benchmarks.speed.policies")


def _result(
    load: OpenLoad,
    seconds: float,
    first: UsageReading,
    last: UsageReading,
    report: SendingReport,
    measured: list[Delays],
    missing: int,
) -> dict[str, object]:
    used = between(first, last)
    return {
        "rate": load.rate,
        "seconds": round(seconds, 1),
        "applied_per_second": round(used.events_per_second),
        "alerts": len(measured),
        "alerts_missing": missing,
        "produce_to_hand_ms": _percentiles([delays.to_hand_ms for delays in measured]),
        "produce_to_alert_ms": _percentiles([delays.to_alert_ms for delays in measured]),
        "worker_cores": round(used.worker_cores, 3),
        "redis_cores": known(used.redis_us * used.events_per_second / 1e6, 3),
        "broker_cores": known(used.broker_us * used.events_per_second / 1e6, 3),
        "events_per_batch": round(used.events_per_batch),
        "loader_behind_ms": {"p99": round(report.behind_ms_p99, 1), "max": round(report.behind_ms_max, 1)},
        "loader_cores": round(report.cpu_s / load.seconds, 3),
    }


def _percentiles(values_ms: list[int]) -> dict[str, float] | None:
    if not values_ms:
        return None
    return {name: round(float(np.percentile(values_ms, share)), 1) for name, share in _PERCENTILES.items()}
