"""Producers of events may write in transactions: what is aborted is not applied, what is open is waited for."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from prometheus_client.parser import text_string_to_metric_families

from schemas.topics import CUSTOMER_EVENTS
from stack.local import Services
from stack.worker_process import WorkerProcess
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.e2e.test_verify import churn, verified
from tests.e2e.test_worker import activity, home_of, user_of
from tests.support.waiting import wait_until


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        for name, value in it.environment.items():
            monkeypatch.setenv(name, value)
        yield it


def gauge(worker: WorkerProcess, name: str) -> list[float]:
    """What a worker shows of each partition."""
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return [sample.value for family in families for sample in family.samples if sample.name == name]


class Transactional:
    """A producer of events in transactions, each with events of every partition's user."""

    def __init__(self, to: Deployment, name: str) -> None:
        self._topic = to.prefix + CUSTOMER_EVENTS.name
        self._producer = Producer(
            {"bootstrap.servers": to.at.kafka.bootstrap, "transactional.id": to.prefix + name, "log_level": 0}
        )
        self._producer.init_transactions(60)

    def begin(self, first: int, last: int) -> None:
        """Write events in a transaction that stays open."""
        self._producer.begin_transaction()
        for number in range(first, last):
            for user in map(user_of, range(PARTITIONS)):
                self._producer.produce(self._topic, activity(user, number), user.encode(), home_of(user))
        assert self._producer.flush(60) == 0

    def end(self, *, commit: bool) -> None:
        """End it."""
        (self._producer.commit_transaction if commit else self._producer.abort_transaction)(60)


def test_aborted_events_are_not_applied_markers_are_passed_and_the_books_balance(made: Deployment) -> None:
    worker = made.start_worker()
    worker.wait_until_ready()
    producer = Transactional(made, "connect")
    for first, commit in ((0, True), (3, False), (3, True), (6, False)):
        producer.begin(first, first + 3)
        producer.end(commit=commit)
    made.wait_until_applied([1 + 4 * 3 + 4] * PARTITIONS)
    counts = worker.probe()["counts"]
    assert (counts["applied"], counts["nothing_by_right"]) == (6 * PARTITIONS, 10 * PARTITIONS)
    assert sum(counts.get(name, 0) for name in ("applied", "repeated", "dead", "control", "nothing_by_right")) == sum(
        made.positions()
    )
    found = verified()
    assert (found["exact"], found["events"]) == (True, 6 * PARTITIONS), found


def test_an_open_transaction_is_no_lag_it_is_told_and_verify_ends_before_it(made: Deployment) -> None:
    worker = made.start_worker()
    worker.wait_until_ready()
    first, hanging = Transactional(made, "connect"), Transactional(made, "hangs")
    first.begin(0, 2)
    first.end(commit=True)
    made.wait_until_applied([4] * PARTITIONS)
    hanging.begin(2, 5)
    wait_until(lambda: all(held == 3 for held in gauge(worker, "churn_partition_held_back")), "it is shown")
    assert set(gauge(worker, "churn_partition_lag")) == {0}
    told = churn("status").output
    assert told.count("an open transaction holds back 3 offsets") == PARTITIONS
    assert verified()["exact"]
    hanging.end(commit=True)
    made.wait_until_applied([8] * PARTITIONS)
    wait_until(lambda: set(gauge(worker, "churn_partition_held_back")) == {0}, "none is")
    assert verified()["events"] == 5 * PARTITIONS


def test_a_worker_goes_on_behind_a_marker_that_it_had_passed(made: Deployment) -> None:
    producer = Transactional(made, "connect")
    producer.begin(0, 3)
    producer.end(commit=False)
    worker = made.start_worker()
    worker.wait_until_ready()
    made.wait_until_applied([5] * PARTITIONS)
    worker.stop()
    producer.begin(0, 3)
    producer.end(commit=True)
    made.start_worker().wait_until_ready()
    made.wait_until_applied([9] * PARTITIONS)
    assert (verified()["exact"], verified()["events"]) == (True, 3 * PARTITIONS)
