"""How long partitions stand still when a worker goes: handed over, started again under its name, or killed."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from producers.simulator import simulate
from schemas.instants import parse_instant
from schemas.outgoing import OutgoingEvent, address
from stack.local import Services
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.ports.pacing import at_rate
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.e2e.test_kill import ends
from tests.support.connections import kafka_of

pytestmark = pytest.mark.alone

START_MS = parse_instant("2024-01-01T00:00:00Z")
RATE = 1_000.0
SEED = 5
WITHIN_S = 2.0
POLL_S = 0.02


@contextmanager
def steady_load(made: Deployment) -> Iterator[None]:
    """Events for every partition, until the test is done."""
    events, done = list(address(simulate(100, 60, SEED, START_MS))), Event()

    def until_done() -> Iterator[OutgoingEvent]:
        for event in events:
            if done.is_set():
                return
            yield event

    sender = KafkaSender(kafka_of(made.services), made.topic())
    sending = Thread(target=lambda: sender.send(until_done(), at_rate(RATE), lambda _: None))
    sending.start()
    try:
        yield
        assert sending.is_alive(), "the load was over before the test"
    finally:
        done.set()
        sending.join()


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        yield it


def seconds_until_all_move(
    made: Deployment, since: float, before: list[bytes | None] | None, patience_s: float
) -> float:
    """From `since` until each partition was committed to by an owner that it did not have before (None: by anyone)."""
    positions = made.positions()
    waiting = set(range(PARTITIONS))
    while waiting:
        now, owners = made.positions(), made.owners()
        waiting -= {p for p in waiting if now[p] > positions[p] and (before is None or owners[p] != before[p])}
        assert time.monotonic() - since < patience_s, f"partitions {waiting} stand still"
        time.sleep(POLL_S)
    return time.monotonic() - since


def wait_until_shared(workers: list[WorkerProcess]) -> None:
    deadline = time.monotonic() + 60.0
    while any(len(worker.probe()["partitions"]) != PARTITIONS // len(workers) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(POLL_S)
    for worker in workers:
        worker.wait_until_ready()


def of(worker: WorkerProcess, owners: list[bytes | None]) -> list[bytes | None]:
    """The owners of a worker's partitions; of others' none, which any owner differs from."""
    mine = {int(partition) for partition in worker.probe()["partitions"]}
    return [owner if partition in mine else b"" for partition, owner in enumerate(owners)]


def test_a_worker_that_stops_gracefully_hands_its_partitions_over_within_two_seconds(made: Deployment) -> None:
    leaving, staying = made.start_worker(), made.start_worker()
    wait_until_shared([leaving, staying])
    with steady_load(made):
        seconds_until_all_move(made, time.monotonic(), None, 30.0)
        before = of(leaving, made.owners())
        since = time.monotonic()
        leaving.signal(signal.SIGTERM)
        assert seconds_until_all_move(made, since, before, 20.0) < WITHIN_S
    made.wait_until_applied(ends(made))
    made.must_equal_one_uninterrupted_fold(may_be_silent=True)


def test_a_static_worker_that_is_killed_and_started_again_goes_on_two_seconds_after_it_has_started(
    made: Deployment,
) -> None:
    """Under a session time-out of 30 s: nobody waits for it."""
    settings = [{"CHURN_SESSION_TIMEOUT_S": "30", "CHURN_INSTANCE_ID": name} for name in ("first", "second")]
    workers = [made.start_worker(more=one) for one in settings]
    wait_until_shared(workers)
    with steady_load(made):
        seconds_until_all_move(made, time.monotonic(), None, 30.0)
        before = of(workers[0], made.owners())
        workers[0].kill()
        again = made.start_worker(more=settings[0])
        while not again.alive():
            time.sleep(POLL_S)
        assert seconds_until_all_move(made, time.monotonic(), before, 20.0) < WITHIN_S
    made.wait_until_applied(ends(made))
    made.must_equal_one_uninterrupted_fold(may_be_silent=True)


def test_partitions_of_a_worker_that_is_killed_go_on_two_seconds_after_the_session_time_out(made: Deployment) -> None:
    workers = [made.start_worker(), made.start_worker()]
    wait_until_shared(workers)
    with steady_load(made):
        seconds_until_all_move(made, time.monotonic(), None, 30.0)
        before = of(workers[0], made.owners())
        since = time.monotonic()
        workers[0].kill()
        waited_s = seconds_until_all_move(made, since, before, 30.0)
        assert waited_s < made.settings.session_timeout_s + WITHIN_S
    made.wait_until_applied(ends(made))
    made.must_equal_one_uninterrupted_fold(may_be_silent=True)
