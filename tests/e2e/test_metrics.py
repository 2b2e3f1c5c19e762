"""A real worker's /metrics, log and dashboard, read as Prometheus, a log collector and Grafana would."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from producers.simulator import simulate
from schemas.instants import parse_instant
from schemas.outgoing import address
from stack.local import Services
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.adapters.kafka.topics import delete_topics
from stream_app.metrics.catalogue import METRICS, REDIS_MEMORY
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.support.connections import deployment_at, kafka_of
from tests.support.dashboards import queries
from tests.support.promql import Page

START_MS = parse_instant("2024-01-01T00:00:00Z")


@dataclass(frozen=True)
class Read:
    """What was read of a worker that has applied its whole log."""

    page: Page
    content_type: str
    probe: dict[str, Any]
    ends: list[int]
    log: Path
    made: Deployment


@pytest.fixture(scope="module")
def read(stack: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """One worker, simulated events and a dead letter."""
    prefix = "metrics-"
    with deployment(stack, prefix, tmp_path_factory.mktemp("metrics")) as made:
        sender = KafkaSender(kafka_of(stack), made.topic())
        sender.send(address(simulate(60, 10, 5, START_MS)), flat_out(), lambda _: None)
        poison = Producer({"bootstrap.servers": stack.bootstrap, "log_level": 0})
        poison.produce(made.topic(), b"{", partition=0)
        assert poison.flush(30) == 0
        ends = [len(records) for records in made.log()]
        worker = made.start_worker()
        worker.wait_until_ready()
        made.wait_until_applied(ends)
        answer, page = scraped_at_the_end(worker, sum(ends))
        yield Read(page, answer, worker.probe(), ends, worker.log, made)
    delete_topics(deployment_at(stack, prefix))


def scraped_at_the_end(worker: WorkerProcess, records: int) -> tuple[str, Page]:
    """Content type and page, once the last commit was counted too."""
    deadline = time.monotonic() + 20.0
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as answer:
            page = Page(answer.read().decode())
            if page.value("churn_batch_records_sum") == records:
                return answer.headers["Content-Type"], page
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_page_has_exactly_the_metrics_of_the_catalogue_and_those_of_the_process(read: Read) -> None:
    assert read.content_type.startswith("text/plain; version=")
    names = {family.name for family in read.page.families}
    assert {name for name in names if not name.startswith("process_")} == {metric.name for metric in METRICS}
    for metric in METRICS:
        if metric is REDIS_MEMORY:  # the tests' Redis has no limit
            continue
        for sample in metric.samples:
            assert set(metric.labels) == set(read.page.series[sample]) - {"le"}


def test_every_query_of_the_dashboard_finds_its_series_on_a_real_worker(read: Read) -> None:
    found = {query: read.page.complaints(query) for _, query in queries()}
    assert found
    assert {query: complaints for query, complaints in found.items() if complaints} == {}


def test_a_planted_wrong_query_is_not_found_on_a_real_worker(read: Read) -> None:
    assert read.page.complaints("sum by (state) (churn_partition_states)")
    assert read.page.complaints("sum by (reason) (churn_alerts_total)")


def test_the_metrics_say_what_the_probe_says(read: Read) -> None:
    page, counts = read.page, read.probe["counts"]
    assert page.value("churn_records_total", outcome="applied") == counts["applied"] > 1_000
    assert page.value("churn_records_total", outcome="control") == counts["control"] == PARTITIONS
    assert page.value("churn_dead_letters_total", reason="undecodable") == counts["dead"] == 1
    assert page.value("churn_scored_events_total") == counts["scored"] == page.value("churn_event_delay_seconds_count")
    assert page.value("churn_batch_records_count") == counts["batches"]
    for partition, end in enumerate(read.ends):
        assert page.value("churn_partition_position", partition=str(partition)) == end
        assert page.value("churn_partition_lag", partition=str(partition)) == 0
        assert page.value("churn_partition_state", partition=str(partition), state="running") == 1


def test_the_model_in_force_is_named_on_every_partition(read: Read) -> None:
    model = read.page.series["churn_model_info"]
    assert model["partition"] == {str(partition) for partition in range(PARTITIONS)}
    assert (model["model"], model["policy"]) == ({"music"}, {"default"})
    assert read.page.series["churn_scorer_info"]["scorer"] == {"onnxruntime"}


def test_batches_spent_time_in_every_stage_that_they_had(read: Read) -> None:
    for stage in ("compute", "load", "dead_letters", "commit"):
        assert read.page.value("churn_batch_stage_seconds_sum", stage=stage) > 0


def test_a_log_that_no_terminal_shows_is_json_lines_faust_s_words_included(read: Read) -> None:
    worker = read.made.workers[0]
    worker.stop()
    assert worker.exit_code == 0
    lines = [json.loads(line) for line in read.log.read_text().splitlines()]
    assert {"partitions_assigned", "partitions_released"} <= {line["event"] for line in lines}
