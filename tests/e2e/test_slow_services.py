"""Redis that is slow or gone stops fetching and shows as lag; nothing is dropped, and all goes on by itself."""

import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack.local import Services
from stack.redis_server import RedisServer
from stack.worker_process import WorkerProcess
from stream_app.deployment import RedisConnection
from tests.e2e.deployment import Deployment, deployment
from tests.e2e.test_kill import ends
from tests.e2e.test_rebalance import RATE, steady_load
from tests.support.promql import Page
from tests.support.waiting import wait_until

STILL_FOR_S = 1.0
WITHIN_S = 30.0
IDLE_AT_MOST_S = 5.0
"""A consumer that nobody has fetched with for so long leaves its group."""


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    server = RedisServer(tmp_path / "redis")
    yield server
    server.stop()


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path, redis_server: RedisServer) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        it.own_redis = RedisConnection(redis_server.start())
        yield it


@contextmanager
def standing_still(server: RedisServer) -> Iterator[None]:
    """It takes connections and answers nothing."""
    server.daemon.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.daemon.signal(signal.SIGCONT)


def total(worker: WorkerProcess, metric: str) -> float:
    """A metric's value, summed over its series."""
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as answer:
        families = Page(answer.read().decode()).families
    return sum(sample.value for family in families for sample in family.samples if sample.name == metric)


def fetched(worker: WorkerProcess) -> float:
    return total(worker, "churn_fetched_records_total")


def lag(worker: WorkerProcess) -> float:
    return total(worker, "churn_partition_lag")


def states(worker: WorkerProcess) -> set[str]:
    return {partition["state"] for partition in worker.probe()["partitions"].values()}


def assignments(worker: WorkerProcess) -> int:
    return worker.log.read_text().count("partitions_assigned")


def must_stop_fetching_while_lag_grows(worker: WorkerProcess) -> None:
    """The log grows all the time: by more than lies in the worker, and the worker knows."""

    def stands_still() -> bool:
        before = fetched(worker)
        time.sleep(STILL_FOR_S)
        return fetched(worker) == before

    wait_until(stands_still, "fetching does not stop", WITHIN_S)
    held, known = fetched(worker), lag(worker)
    wait_until(lambda: lag(worker) >= known + RATE / 2, "no lag shows", WITHIN_S)
    assert fetched(worker) == held


def must_apply_everything(made: Deployment) -> None:
    made.wait_until_applied(ends(made))
    made.must_equal_one_uninterrupted_fold(may_be_silent=True)
    assert lag(made.workers[0]) == 0


def test_a_redis_that_does_not_answer_stops_fetching_shows_as_lag_and_costs_no_event(
    made: Deployment, redis_server: RedisServer
) -> None:
    worker = made.start_worker()
    worker.wait_until_ready()
    with steady_load(made):
        wait_until(lambda: worker.applied() > RATE / 2, "nothing is applied", WITHIN_S)
        with standing_still(redis_server):
            must_stop_fetching_while_lag_grows(worker)
    must_apply_everything(made)


def test_a_worker_that_backs_off_stops_fetching_shows_lag_and_stays_in_its_group(
    made: Deployment, redis_server: RedisServer
) -> None:
    worker = made.start_worker(more={"BROKER_MAX_POLL_INTERVAL": str(IDLE_AT_MOST_S)})
    worker.wait_until_ready()
    with steady_load(made):
        wait_until(lambda: worker.applied() > RATE / 2, "nothing is applied", WITHIN_S)
        redis_server.stop()
        gone_since = time.monotonic()
        wait_until(lambda: states(worker) <= {"backing_off", "opening"}, "the worker does not back off", WITHIN_S)
        must_stop_fetching_while_lag_grows(worker)
        wait_until(lambda: time.monotonic() - gone_since > 1.5 * IDLE_AT_MOST_S, "", WITHIN_S)
        redis_server.start()
        wait_until(lambda: states(worker) == {"running"}, "the worker does not go on", WITHIN_S)
    must_apply_everything(made)
    assert assignments(worker) == 1
