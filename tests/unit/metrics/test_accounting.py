"""applied + repeated + dead + control + clock = offsets, and what is missing from it is counted."""

from dataclasses import replace

from stream_app.core.log import PlainRecord
from stream_app.metrics.page import MetricsPage
from stream_app.metrics.worker_metrics import WorkerMetrics
from stream_app.partition.effects import Report
from stream_app.worker.watch import RecordCounts
from tests.support.event_logs import Event, LogWriter, at, control, records_of
from tests.support.promql import Page
from tests.support.sessions import CONTROL, poison, world_of


def log_of_every_outcome() -> list[PlainRecord]:
    """Two events in order, one late, one repeated, a model, a clock, a poison record."""
    log = LogWriter()
    log.says(at(hours=2), 0.1, event_id="first")
    log.says(at(hours=3), 0.1)
    log.says(at(hours=1), 0.1)
    log.says(at(hours=2), 0.1, event_id="first")
    return [*records_of([control(CONTROL), *log.events, Event("clock", at(hours=4), {}, user=None)]), poison(6)]


def reports() -> list[Report]:
    """What a session tells of it."""
    world = world_of(log_of_every_outcome())
    world.run_to_the_end()
    return [report for _, report in world.watcher.reports]


def page_of(*told: Report) -> Page:
    metrics = WorkerMetrics()
    counts = RecordCounts(metrics)
    for report in told:
        counts.committed(0, report)
    return Page(MetricsPage(metrics, list).text().decode())


def test_every_offset_of_a_log_with_every_outcome_is_accounted_for() -> None:
    page = page_of(*reports())
    outcomes = {"applied": 3, "repeated": 1, "dead": 1, "control": 1, "clock": 1}
    assert {name: page.value("churn_records_total", outcome=name) for name in outcomes} == outcomes
    assert page.value("churn_late_events_total") == 1
    assert sum(outcomes.values()) == len(log_of_every_outcome())
    assert page.value("churn_unaccounted_offsets_total") == 0


def test_an_event_with_a_measure_that_nobody_declared_is_applied_and_counted() -> None:
    log = LogWriter()
    log.does("play", at(), measures={"weight": 2})
    log.does("play", at(), measures={"amount": 2})
    world = world_of([*records_of([control(CONTROL), *log.events])])
    world.run_to_the_end()
    page = page_of(*(report for _, report in world.watcher.reports))
    assert page.value("churn_records_total", outcome="applied") == 2
    assert page.value("churn_undeclared_events_total") == 1


def test_a_record_that_no_outcome_tells_of_is_unaccounted() -> None:
    *others, last = reports()
    lost = replace(last, intake=replace(last.intake, dead=last.intake.dead[1:]))
    assert page_of(*others, lost).value("churn_unaccounted_offsets_total") == 1


def test_an_offset_that_was_passed_over_is_unaccounted() -> None:
    *others, last = reports()
    assert page_of(*others, replace(last, position=last.position + 2)).value("churn_unaccounted_offsets_total") == 2
