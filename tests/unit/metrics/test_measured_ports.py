"""What a worker measures about its batches, on a session over ports in memory and a clock that the test moves."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from schemas.events import ControlData
from stream_app.adapters.memory.watcher import MemoryWatcher
from stream_app.core.log import PlainRecord
from stream_app.metrics.page import MetricsPage
from stream_app.metrics.ports import Stages, measured
from stream_app.metrics.worker_metrics import WorkerMetrics
from stream_app.partition.driver import drive
from stream_app.worker.watch import RecordCounts
from tests.support.event_logs import LogWriter, at, control, records_of
from tests.support.promql import Page
from tests.support.sessions import CONTROL, HandFeed, World, a_session, poison, undisturbed, world_of


class HandClock:
    """Seconds that pass only when the test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    async def pass_by(self, seconds: float) -> float:
        self.now_s += seconds
        return self.now_s


def a_log() -> list[PlainRecord]:
    """A model is put in force, ana becomes a risk and cheers up again, a record is poison."""
    log = LogWriter()
    log.says(at(hours=1), 0.9)
    log.says(at(hours=2), 0.1)
    return [*records_of([control(CONTROL), *log.events]), poison(3)]


def run(
    world: World, *chunks: Sequence[PlainRecord], now_s: float
) -> tuple[Page, dict[int, ControlData], RecordCounts]:
    """A measured session that gets these chunks: its page, what is in force, what was counted."""
    metrics, in_force = WorkerMetrics(), dict[int, ControlData]()
    counts = RecordCounts(metrics, lambda: now_s)
    ports = replace(world.ports(HandFeed(*chunks)), watcher=counts)
    asyncio.run(drive(a_session(), measured(ports, 0, metrics, in_force)))
    return Page(MetricsPage(metrics, list).text().decode()), in_force, counts


def test_a_measured_session_does_what_it_would_have_done() -> None:
    world = world_of(a_log())
    run(world, a_log(), now_s=0.0)
    expected = undisturbed(a_log())
    assert (world.table.states, world.decisions.alerts) == (expected.states, expected.alerts)


def test_everything_that_was_committed_is_counted_once() -> None:
    page, in_force, counts = run(world_of(a_log()), a_log()[:1], a_log()[1:2], a_log()[2:], now_s=0.0)
    assert page.value("churn_records_total", outcome="applied") == 2
    assert page.value("churn_records_total", outcome="control") == 1
    assert page.value("churn_records_total", outcome="dead") == 1
    assert page.value("churn_dead_letters_total", reason="undecodable") == 1
    assert page.value("churn_scored_events_total") == 2
    assert page.value("churn_alerts_total", status="firing") == 1
    assert page.value("churn_alerts_total", status="resolved") == 1
    assert page.value("churn_sessions_opened_total") == 1
    assert page.value("churn_batch_records_count") == counts.totals["batches"] == 3
    assert page.value("churn_batch_records_sum") == len(a_log())
    assert in_force == {0: CONTROL}


def test_every_batch_tells_its_stages_and_only_those_that_it_had() -> None:
    page, _, _ = run(world_of(a_log()), a_log()[:1], a_log()[1:2], a_log()[2:], now_s=0.0)
    counts = {
        stage: page.value("churn_batch_stage_seconds_count", stage=stage)
        for stage in ("compute", "load", "dead_letters", "publish", "commit")
    }
    assert counts == {"compute": 3, "load": 2, "dead_letters": 1, "publish": 2, "commit": 3}


def test_a_session_knows_what_is_in_force_before_its_first_batch() -> None:
    world = world_of(a_log())
    run(world, a_log(), now_s=0.0)
    _, in_force, _ = run(world, now_s=0.0)
    assert in_force == {0: CONTROL}


def test_the_delay_of_an_event_runs_from_its_record_to_the_commit() -> None:
    records = [record._replace(timestamp=1_000 * record.offset) for record in a_log()[:3]]
    page, _, _ = run(world_of(records), records, now_s=4.0)
    assert page.value("churn_event_delay_seconds_count") == 2
    assert page.value("churn_event_delay_seconds_sum") == 3.0 + 2.0


def test_a_few_events_of_a_large_batch_stand_for_all_of_them() -> None:
    log = LogWriter()
    for minute in range(1000):
        log.says(at(minutes=minute), 0.1)
    records = [record._replace(timestamp=record.offset) for record in records_of(log.events)]
    page, _, _ = run(world_of(records), records, now_s=1.0)
    assert page.value("churn_event_delay_seconds_count") == 1000
    assert abs(page.value("churn_event_delay_seconds_sum") / 1000 - 0.5) < 0.02


def test_a_clock_that_runs_ahead_gives_no_negative_delay() -> None:
    records = [record._replace(timestamp=9_000_000) for record in a_log()[:3]]
    page, _, _ = run(world_of(records), records, now_s=1.0)
    assert page.value("churn_event_delay_seconds_bucket", le="0.005") == 2
    assert page.value("churn_event_delay_seconds_sum") == 0


def test_waiting_for_records_is_no_stage_and_what_passes_between_waits_is_computing() -> None:
    clock, metrics = HandClock(), WorkerMetrics()
    stages = Stages(metrics, MemoryWatcher(), clock)

    async def one_batch() -> None:
        clock.now_s += 1_000.0
        stages.begin()
        clock.now_s += 0.25
        await stages.wait("load", clock.pass_by(2.0))
        clock.now_s += 0.5
        await stages.wait("commit", clock.pass_by(4.0))
        stages.flush()

    asyncio.run(one_batch())
    sums = {stage: metrics.histograms["churn_batch_stage_seconds", (stage,)].total for stage in ("load", "commit")}
    assert sums == {"load": 2.0, "commit": 4.0}
    assert metrics.histograms["churn_batch_stage_seconds", ("compute",)].total == 0.75
