"""RecordCounts what a worker does and, if asked to, writes down a fingerprint of everything that it scored."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from schemas.events import ControlData
from stream_app.core.tables import Integers
from stream_app.core.trace import traced
from stream_app.metrics.catalogue import (
    ALERTS,
    BATCH_RECORDS,
    DEAD_LETTER_RECORDS,
    EVENT_DELAY,
    HELD_BACK,
    LATE_EVENTS,
    MODEL_INFO,
    NOTHING_BY_RIGHT,
    OUTCOMES,
    PARTITION_LAG,
    PARTITION_POSITION,
    PARTITION_STATE,
    RECORDS,
    SCORED_EVENTS,
    UNACCOUNTED_OFFSETS,
    UNDECLARED_EVENTS,
    UNSCORED_EVENTS,
)
from stream_app.metrics.worker_metrics import GaugeReading, WorkerMetrics
from stream_app.partition.effects import Report
from stream_app.worker.owner import PartitionOwner

_MOST_SAMPLES = 16


class RecordCounts:
    """Running totals since the start.

    applied (late ones among them) + repeated + dead + control + clock + nothing_by_right = offsets.
    """

    def __init__(self, metrics: WorkerMetrics, now_s: Callable[[], float] = time.time) -> None:
        self.totals: Counter[str] = Counter()
        self._metrics = metrics
        self._now_s = now_s

    def committed(self, _partition: int, report: Report) -> None:
        """Add a committed batch."""
        counted = _counted(report)
        self.totals.update(counted)
        self._measure(counted)
        accounted = sum(counted[outcome] for outcome in (*OUTCOMES, NOTHING_BY_RIGHT))
        self._metrics.count(UNACCOUNTED_OFFSETS, report.position - report.begin - accounted)
        for alert in report.advance.alerts:
            self._metrics.count(ALERTS, 1, alert.data.status)
        for letter in report.intake.dead:
            self._metrics.count(DEAD_LETTER_RECORDS, 1, letter.reason)
        self._measure_delay(report.intake.events.records.timestamps)

    def _measure(self, counted: Mapping[str, int]) -> None:
        count = self._metrics.count
        for outcome in (*OUTCOMES, NOTHING_BY_RIGHT):
            count(RECORDS, counted[outcome], outcome)
        count(LATE_EVENTS, counted["late"])
        count(UNDECLARED_EVENTS, counted["undeclared"])
        count(SCORED_EVENTS, counted["scored"])
        count(UNSCORED_EVENTS, counted["unscored"])
        self._metrics.observe(BATCH_RECORDS, sum(counted[outcome] for outcome in OUTCOMES))

    def _measure_delay(self, sent_ms: Integers) -> None:
        """A few events stand for all: the timestamps of a batch rise, and reading each would cost as much as a wait."""
        now_s, step = self._now_s(), -(-len(sent_ms) // _MOST_SAMPLES)
        for start in range(0, len(sent_ms), step or 1):
            stands_for = min(step, len(sent_ms) - start)
            one_ms = int(sent_ms[start + stands_for // 2])
            if one_ms > 0:
                self._metrics.observe(EVENT_DELAY, max(0.0, now_s - one_ms / 1000.0), times=stands_for)


def _counted(report: Report) -> dict[str, int]:
    intake, advance = report.intake, report.advance
    applied, scored = advance.applied, len(advance.scored)
    return {
        "applied": applied,
        "late": advance.late,
        "undeclared": intake.undeclared,
        "repeated": advance.repeated,
        "scored": scored,
        "unscored": applied - scored,
        "alerts": len(advance.alerts),
        "dead": len(intake.dead),
        "control": intake.controls,
        "clock": intake.clocks,
        NOTHING_BY_RIGHT: report.nothing,
        "batches": 1,
    }


class Trace:
    """A file of TRACE records: partition, offset and fingerprint of vector and score of every scored event."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "ab", buffering=0, opener=_private)  # noqa: SIM115 - Path.open takes no opener

    def committed(self, partition: int, report: Report) -> None:
        """Append a committed batch in one write."""
        self._file.write(traced(partition, report.advance).tobytes())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def partition_readings(owner: PartitionOwner, in_force: Mapping[int, ControlData]) -> Iterator[GaugeReading]:
    """How the partitions of a worker stand at this moment; `in_force` is what decides on each."""
    for partition, task in sorted(owner.tasks.items()):
        name = str(partition)
        yield GaugeReading(PARTITION_STATE, (name, task.state), 1)
        if task.position is not None:
            yield GaugeReading(PARTITION_POSITION, (name,), task.position)
            if (ends := task.ends) is not None:
                yield GaugeReading(PARTITION_LAG, (name,), max(0, ends.stable - task.position))
                yield GaugeReading(HELD_BACK, (name,), max(0, ends.high - ends.stable))
        if (control := in_force.get(partition)) is not None:
            model, policy = control.model, control.policy
            yield GaugeReading(MODEL_INFO, (name, model.name, model.version, policy.name, str(policy.version)), 1)
