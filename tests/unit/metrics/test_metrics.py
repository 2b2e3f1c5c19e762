"""The metrics: one catalogue, a page that shows all of it, a document that explains all of it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.metrics.catalogue import ALERTS, BATCH_RECORDS, METRICS, PARTITION_LAG, STAGE_SECONDS, Metric
from stream_app.metrics.page import MetricsPage
from stream_app.metrics.worker_metrics import Distribution, GaugeReading, WorkerMetrics
from tests.support.promql import Page

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
VALUES = st.lists(st.floats(0, 1e4) | st.sampled_from([1.0, 4.0, 4000.0]))


def page(metrics: WorkerMetrics | None = None, *readings: GaugeReading) -> Page:
    return Page(MetricsPage(metrics or WorkerMetrics(), lambda: readings).text().decode())


def row(metric: Metric) -> str:
    """A metric as the document has it."""
    name = metric.samples[0] if metric.kind == "counter" else metric.name
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    return f"| `{name}` | {metric.kind} | {metric.unit} | {labels} | {metric.meaning} | {metric.when_high} |"


def test_the_document_explains_exactly_the_metrics_of_the_catalogue() -> None:
    rows = re.findall(r"^\| `churn_.*$", OPERATIONS.read_text(), re.MULTILINE)
    assert rows == [row(metric) for metric in METRICS]


def test_names_are_unique_and_say_their_unit_in_the_way_of_prometheus() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    for metric in METRICS:
        assert re.fullmatch(r"churn_[a-z_]+", metric.name)
        assert metric.name.endswith("_seconds") == (metric.unit == "seconds")
        assert (metric.kind == "histogram") == bool(metric.bounds)
        assert list(metric.bounds) == sorted(set(metric.bounds))


def test_every_counter_and_histogram_is_on_the_page_from_the_start_at_zero() -> None:
    fresh = page()
    for metric in METRICS:
        if metric.kind != "gauge":
            for sample in metric.samples:
                assert sample in fresh.series
                assert set(metric.labels) <= set(fresh.series[sample])
    assert fresh.series["churn_alerts_total"] == {"status": set(ALERTS.labels["status"])}
    assert {s.value for f in fresh.families if f.name.startswith("churn_") for s in f.samples} == {0.0}


def test_the_page_shows_what_was_measured_and_how_things_stand() -> None:
    metrics = WorkerMetrics()
    metrics.count(ALERTS, 2, "firing")
    metrics.observe(STAGE_SECONDS, 0.02, "load")
    metrics.observe(BATCH_RECORDS, 17, times=3)
    shown = page(metrics, GaugeReading(PARTITION_LAG, ("3",), 12))
    assert shown.value("churn_alerts_total", status="firing") == 2
    assert shown.value("churn_batch_stage_seconds_bucket", stage="load", le="0.01") == 0
    assert shown.value("churn_batch_stage_seconds_bucket", stage="load", le="0.025") == 1
    assert shown.value("churn_batch_records_sum") == 51
    assert shown.value("churn_batch_records_count") == 3
    assert shown.value("churn_partition_lag", partition="3") == 12
    assert shown.value("process_resident_memory_bytes") > 0


@pytest.mark.parametrize("labels", [(), ("no such status",), ("firing", "warning")])
def test_a_count_under_labels_that_the_catalogue_does_not_have_is_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(KeyError):
        WorkerMetrics().count(ALERTS, 1, *labels)


@given(VALUES)
def test_each_bucket_counts_what_lies_up_to_its_bound(values: list[float]) -> None:
    metrics = WorkerMetrics()
    for value in values:
        metrics.observe(BATCH_RECORDS, value)
    shown = page(metrics)
    for bound in BATCH_RECORDS.bounds:
        counted = shown.value("churn_batch_records_bucket", le=str(float(bound)))
        assert counted == sum(value <= bound for value in values)
    assert shown.value("churn_batch_records_bucket", le="+Inf") == len(values)


@given(st.floats(0, 1e4), st.integers(0, 100))
def test_one_observation_may_stand_for_many(value: float, times: int) -> None:
    at_once, one_by_one = Distribution(BATCH_RECORDS.bounds), Distribution(BATCH_RECORDS.bounds)
    at_once.add(value, times)
    for _ in range(times):
        one_by_one.add(value)
    assert at_once.counts == one_by_one.counts
    assert at_once.total == pytest.approx(one_by_one.total)
