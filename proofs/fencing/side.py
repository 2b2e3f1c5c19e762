"""One side of the comparison, in a process of its own: every partition's session at once, as in a worker.

Run as `python -m proofs.fencing.side TASK`, with the task as JSON; prints what it spent as JSON.
"""

import asyncio
import gc
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
from aiokafka import TopicPartition

from benchmarks.speed.processes import cpu_seconds
from proofs.fencing.feed import BatchFeed, Gate
from proofs.fencing.unfenced_ports import UnfencedDecisions, UnfencedStates, UnseenEventLog
from schemas.errors import Transient
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.event_log import KafkaEventLog
from stream_app.adapters.redis.states import RedisStates
from stream_app.bootstrap.deployment import aio_consumer
from stream_app.bootstrap.engine import engine_for, warm_up
from stream_app.core.partition_fold import PartitionFold
from stream_app.deployment import Deployment
from stream_app.partition.driver import drive
from stream_app.partition.effects import Report
from stream_app.partition.ports import Feed, Ports, Watcher
from stream_app.partition.session import Session
from stream_app.worker.transport import FETCH_MAX_WAIT_MS, FETCH_MIN_BYTES

FenceSide = Literal["fenced", "unfenced"]
_WITHIN_S = 600.0


class Task(msgspec.Struct, frozen=True):
    """Whose `events` to read, and where to put what comes of them.

    Measured is what lies from `begins` to `ends`, offsets by partition.
    """

    side: FenceSide
    batch: int
    own: Deployment
    workload: str
    models: str
    events: Deployment
    begins: list[int]
    ends: list[int]
    redis_pid: int | None
    kafka_pid: int | None


class Spent(msgspec.Struct, frozen=True):
    """What was done between the two places, and seconds of processor time; None for a service that is not ours."""

    events: int
    scored: int
    alerts: int
    batches: int
    worker_s: float
    redis_s: float | None
    broker_s: float | None


class _Counts:
    """Counts what is committed."""

    def __init__(self) -> None:
        self.events = self.scored = self.alerts = self.batches = 0

    def committed(self, _partition: int, report: Report) -> None:
        self.events += report.advance.applied
        self.scored += len(report.advance.scored)
        self.alerts += len(report.advance.alerts)
        self.batches += 1


class _Readings:
    """Counts and clocks at the two places."""

    def __init__(self, task: Task, counts: _Counts) -> None:
        self._task, self._counts = task, counts
        self._taken: list[tuple[float | None, ...]] = []

    def take(self) -> None:
        task, counts = self._task, self._counts
        services = [cpu_seconds(pid) if pid else None for pid in (task.redis_pid, task.kafka_pid)]
        done = (counts.events, counts.scored, counts.alerts, counts.batches)
        self._taken.append((*done, time.process_time(), *services))

    def spent(self) -> Spent:
        first, last = self._taken
        between = [b - a if a is not None and b is not None else None for a, b in zip(first, last, strict=True)]
        return msgspec.convert(dict(zip(Spent.__struct_fields__, between, strict=True)), Spent, strict=False)


def run(task: Task) -> Spent:
    """One side in a process of its own. Raises Transient when it fails."""
    command = [sys.executable, "-m", "proofs.fencing.side"]
    told = msgspec.json.encode(task).decode()  # not as an argument, which everybody on the machine can read
    ran = subprocess.run(command, input=told, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    if ran.returncode != 0:
        raise Transient(f"the {task.side} side did not come to its end:\n{ran.stderr[-2000:]}")
    return msgspec.json.decode(ran.stdout, type=Spent)


async def _measured(task: Task) -> Spent:
    topic = task.events.topics.events
    engine = engine_for(task.workload, Path(task.models), topic)
    warm_up(engine)
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    counts = _Counts()
    readings = _Readings(task, counts)
    partitions = len(task.ends)
    start, done = Gate(partitions, readings.take), Gate(partitions, readings.take)
    at = [TopicPartition(topic, partition) for partition in range(partitions)]
    fetching = {"fetch_min_bytes": FETCH_MIN_BYTES, "fetch_max_wait_ms": FETCH_MAX_WAIT_MS}
    consumer = aio_consumer(task.events.kafka, **fetching)
    async with consumer:
        consumer.assign(at)
        async with asyncio.TaskGroup() as group:
            for p in range(partitions):
                feed = BatchFeed(consumer, at[p], task.batch, task.begins[p], task.ends[p], start, done)
                session = Session(PartitionFold(engine, p, partitions), p, partitions, secrets.token_bytes(16))
                group.create_task(drive(session, _PORTS[task.side](task, p, feed, counts)))
    return readings.spent()


def _fenced(task: Task, partition: int, feed: Feed, watcher: Watcher) -> Ports:
    return Ports(
        states=RedisStates(task.own, partition),
        decisions=KafkaDecisions(task.own, partition),
        log=KafkaEventLog(task.events, partition),
        feed=feed,
        watcher=watcher,
    )


def _unfenced(task: Task, partition: int, feed: Feed, watcher: Watcher) -> Ports:
    return Ports(
        states=UnfencedStates(task.own, partition),
        decisions=UnfencedDecisions(task.own, partition),
        log=UnseenEventLog(),
        feed=feed,
        watcher=watcher,
    )


_PORTS: dict[FenceSide, Callable[[Task, int, Feed, Watcher], Ports]] = {"fenced": _fenced, "unfenced": _unfenced}


if __name__ == "__main__":
    found = asyncio.run(_measured(msgspec.json.decode(sys.stdin.buffer.read(), type=Task)))
    sys.stdout.write(msgspec.json.encode(found).decode())
