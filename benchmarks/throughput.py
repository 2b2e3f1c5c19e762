"""How many events a worker scores per second of processor time, beside a stock Faust agent on the same topic.

The topic is filled first; the worker then reads it as fast as it can. What it takes to start is left out: figures begin
with the first commit.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import redis

from benchmarks.load import Mix, events
from benchmarks.processes import cpu_seconds, peak_rss_mb
from producers.kafka_sender import KafkaSender
from producers.pacing import flat_out
from schemas.errors import Transient
from schemas.topics import CUSTOMER_EVENTS
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka_topics import create_topics, delete_topics
from stream_app.adapters.redis_cleaning import forget
from stream_app.bootstrap import brokers, first_control
from stream_app.settings import Settings

SEED = 3
STOCK_EVENTS = 100_000
_LOOK_EVERY_S = 0.05
_STUCK_AFTER_S = 60.0


@dataclass(frozen=True)
class Pids:
    """The processes whose time is taken; None for a service that is not ours to look into."""

    redis: int | None
    kafka: int | None


@dataclass(frozen=True)
class Reading:
    """What had been used when so many events were applied."""

    applied: int
    wall_s: float
    worker_cpu_s: float
    redis_cpu_s: float
    kafka_cpu_s: float


def measure(
    settings: Settings, pids: Pids, mix: Mix, count: int, users: int, say: Callable[[str], None]
) -> dict[str, object]:
    """One mix: load the topic, let a worker read it, let the peer read part of it, take everything away again."""
    bootstrap, prefix = ",".join(brokers(settings)), settings.topic_prefix
    create_topics(bootstrap, prefix, settings.partitions, first_control(settings))
    try:
        say(f"{mix}: sending {count:,} events of {users:,} users")
        topic = prefix + CUSTOMER_EVENTS.name
        KafkaSender(bootstrap, topic).send(events(count, users, mix, SEED), flat_out(), lambda _: None)
        say(f"{mix}: scoring")
        ours = _worker(settings, pids, count)
        say(f"{mix}: stock Faust counts the first {STOCK_EVENTS:,}")
        stock = _stock_faust(bootstrap, topic, min(count, STOCK_EVENTS))
    finally:
        delete_topics(bootstrap, prefix)
        forget(settings.redis_url or "", settings.app_id)
    ratio = float(str(ours["scored_events_per_cpu_second"])) / stock
    return {**ours, "stock_faust_events_per_cpu_second": round(stock), "ratio": round(ratio, 1)}


def _worker(settings: Settings, pids: Pids, count: int) -> dict[str, object]:
    environment = {
        "CHURN_APP_ID": settings.app_id,
        "CHURN_TOPIC_PREFIX": settings.topic_prefix,
        "CHURN_KAFKA_BOOTSTRAP": settings.kafka_bootstrap or "",
        "CHURN_REDIS_URL": settings.redis_url or "",
    }
    with tempfile.TemporaryDirectory() as directory:
        worker = WorkerProcess(environment, Path(directory) / "worker.log")
        try:
            first = _wait_for(worker, pids, 1)
            last = _wait_for(worker, pids, count)
            counts, rss_mb = worker.probe()["counts"], peak_rss_mb(worker.pid)
        finally:
            worker.stop()
    done = last.applied - first.applied
    return {
        "events": count,
        "scored": counts["scored"],
        "scored_events_per_cpu_second": round(done / (last.worker_cpu_s - first.worker_cpu_s)),
        "scored_events_per_second": round(done / (last.wall_s - first.wall_s)),
        "redis_cpu_us_per_event": round((last.redis_cpu_s - first.redis_cpu_s) / done * 1e6, 2),
        "broker_cpu_us_per_event": round((last.kafka_cpu_s - first.kafka_cpu_s) / done * 1e6, 2),
        "worker_rss_mb": round(rss_mb),
        "state_bytes_mean": round(_mean_state_bytes(settings), 1),
        "events_per_batch": round(count / counts["batches"]),
        "alerts": counts["alerts"],
    }


def _wait_for(worker: WorkerProcess, pids: Pids, wanted: int) -> Reading:
    moved_at, before = time.monotonic(), -1
    while True:
        applied = worker.probe()["counts"].get("applied", 0)
        if applied >= wanted:
            return Reading(
                applied,
                time.monotonic(),
                cpu_seconds(worker.pid),
                cpu_seconds(pids.redis) if pids.redis else 0.0,
                cpu_seconds(pids.kafka) if pids.kafka else 0.0,
            )
        worker.must_run()
        if applied != before:
            moved_at, before = time.monotonic(), applied
        if time.monotonic() - moved_at > _STUCK_AFTER_S:
            raise Transient(f"the worker stands at {applied:,} of {wanted:,} events")
        time.sleep(_LOOK_EVERY_S)


def _stock_faust(bootstrap: str, topic: str, count: int) -> float:
    """Events per second of processor time."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "benchmarks.peers.stock_faust", bootstrap, topic, str(count)]
        environment = {**os.environ, "STOCK_DATA": directory}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        written = Path(directory) / "took.json"
        if not written.exists():
            raise Transient(f"the stock Faust agent did not finish: {done.stderr[-500:]}")
        took = json.loads(written.read_text())
    return float(took["events"] / took["cpu_s"])


def _mean_state_bytes(settings: Settings) -> float:
    with redis.Redis.from_url(settings.redis_url or "") as client:
        keys = list(islice(client.scan_iter(f"{{{settings.app_id}.*:u:*", count=5000), 20_000))
        return float(np.mean([len(value) for value in client.mget(keys)]))
