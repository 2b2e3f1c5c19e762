"""What worker, Redis and broker had used when the worker had applied so many events."""

import math
import time
from dataclasses import dataclass

from benchmarks.speed.deployments import Pids
from benchmarks.speed.processes import cpu_seconds
from schemas.errors import Transient
from stack.worker_process import WorkerProcess

_LOOK_EVERY_S = 0.05
_STUCK_AFTER_S = 60.0


@dataclass(frozen=True)
class UsageReading:
    """Seconds of wall and processor time so far, not a number for a service that is not ours to look into.

    `batches` of the worker, to know how large they were.
    """

    applied: int
    batches: int
    wall_s: float
    worker_cpu_s: float
    redis_cpu_s: float
    kafka_cpu_s: float


@dataclass(frozen=True)
class Used:
    """What lay between two readings, per event or per second."""

    events: int
    events_per_batch: float
    events_per_cpu_second: float
    events_per_second: float
    worker_us: float
    redis_us: float
    broker_us: float
    worker_cores: float


def read(worker: WorkerProcess, pids: Pids) -> UsageReading:
    """As things stand now."""
    counts = worker.probe()["counts"]
    return UsageReading(
        counts.get("applied", 0),
        counts.get("batches", 0),
        time.monotonic(),
        cpu_seconds(worker.pid),
        cpu_seconds(pids.redis) if pids.redis else math.nan,
        cpu_seconds(pids.kafka) if pids.kafka else math.nan,
    )


def wait_for(worker: WorkerProcess, pids: Pids, wanted: int) -> UsageReading:
    """The first reading with at least so many events applied.

    Raises Transient when the worker stands still, ContractViolation when it has exited or a partition has stopped.
    """
    moved_at, before = time.monotonic(), -1
    while True:
        reading = read(worker, pids)
        if reading.applied >= wanted:
            return reading
        worker.must_run()
        if reading.applied != before:
            moved_at, before = time.monotonic(), reading.applied
        else:
            worker.refuse_stopped(worker.probe())
        if time.monotonic() - moved_at > _STUCK_AFTER_S:
            raise Transient(f"the worker stands at {reading.applied:,} of {wanted:,} events")
        time.sleep(_LOOK_EVERY_S)


def between(first: UsageReading, last: UsageReading) -> Used:
    """What was used from one reading to a later one."""
    events = last.applied - first.applied
    wall_s, cpu_s = last.wall_s - first.wall_s, last.worker_cpu_s - first.worker_cpu_s
    if events <= 0 or cpu_s <= 0:
        raise Transient("the worker was done before it could be measured: take more events")
    return Used(
        events=events,
        events_per_batch=events / max(1, last.batches - first.batches),
        events_per_cpu_second=events / cpu_s,
        events_per_second=events / wall_s,
        worker_us=cpu_s / events * 1e6,
        redis_us=(last.redis_cpu_s - first.redis_cpu_s) / events * 1e6,
        broker_us=(last.kafka_cpu_s - first.kafka_cpu_s) / events * 1e6,
        worker_cores=cpu_s / wall_s,
    )


def known(figure: float, digits: int) -> float | None:
    """A figure rounded, None if it is not known."""
    return None if math.isnan(figure) else round(figure, digits)
