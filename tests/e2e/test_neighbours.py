"""A worker among its neighbours: a log that nobody reads, a port that is taken, services that refuse or fall silent."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from schemas.outgoing import address
from stack.checkout import HERE
from stack.local import Services
from stack.ports import HOST, free_port
from stack.processes import ChildProcess
from stack.redis_server import RedisServer
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.deployment import RedisConnection
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import Deployment, deployment
from tests.support.connections import kafka_of
from tests.support.music_logs import music_lines
from tests.support.outages import standing_still
from tests.support.waiting import wait_until

WITHIN_S = 120.0
LINES = music_lines(20, 400, seed=3)


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        yield it


@pytest.fixture
def own_redis(made: Deployment, tmp_path: Path) -> Iterator["redis.Redis"]:
    """A Redis of the test's own, whose settings no other test sees."""
    server = RedisServer(tmp_path / "redis")
    made.own_redis = RedisConnection(server.start())
    with redis.Redis.from_url(made.own_redis.url) as client:
        yield client
    server.stop()


def set_rights(server: "redis.Redis", *changes: str) -> None:
    """Of the user that the worker is."""
    server.acl_setuser("default", enabled=True, nopass=True, keys=["*"], categories=["+@all"], commands=changes)


def send(made: Deployment) -> None:
    KafkaSender(kafka_of(made.services), made.topic()).send(address(LINES), flat_out(), lambda _: None)


def ends(made: Deployment) -> list[int]:
    return [len(records) for records in made.log()]


def work(made: Deployment, *options: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """A worker that is expected to end by itself."""
    environment = {**os.environ, **made.environment, **more}
    command = [*HERE.churn, "work", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False)


def must_be_said(made: Deployment, event: str) -> dict[str, object]:
    """The line with this event in whichever worker's log has it first."""
    said: list[dict[str, object]] = []

    def found() -> bool:
        logs = "\n".join(worker.log.read_text(errors="replace") for worker in made.workers)
        lines = [json.loads(line) for line in logs.splitlines() if line.startswith("{") and line.endswith("}")]
        said[:] = [line for line in lines if line["event"] == event]
        return bool(said)

    wait_until(found, f"a worker says {event}", WITHIN_S)
    return said[0]


def wait_for_state(made: Deployment, state: str) -> list[str]:
    """Why its partitions stand so, once all do."""
    partitions: list[dict[str, str]] = []

    def all_do() -> bool:
        made.workers[-1].must_run()
        partitions[:] = made.workers[-1].probe()["partitions"].values()
        return bool(partitions) and all(partition["state"] == state for partition in partitions)

    wait_until(all_do, f"all partitions are {state}", WITHIN_S)
    return [partition["why"] for partition in partitions]


def test_a_worker_whose_log_nobody_reads_any_more_goes_on_and_ends_when_it_is_told_to(made: Deployment) -> None:
    read, write = os.pipe()
    environment = {**os.environ, **made.environment, "CHURN_LOG_FORMAT": "json"}
    command = [*HERE.churn, "work", "--port", str(free_port())]
    worker = subprocess.Popen(command, env=environment, stdout=write, stderr=write)
    os.close(write)
    os.close(read)
    try:
        send(made)
        applied = ends(made)

        def all_is_applied() -> bool:
            assert worker.poll() is None
            return made.positions() == applied

        wait_until(all_is_applied, "the worker goes on without a log", WITHIN_S)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(WITHIN_S) == 0
    finally:
        worker.kill()
        worker.wait()


def test_a_worker_that_cannot_end_in_time_says_what_is_left_and_ends_with_1(made: Deployment) -> None:
    worker = made.start_worker(more={"CHURN_STOP_WITHIN_S": "2"})
    worker.wait_until_ready()
    with standing_still(made.services.kafka):
        worker.signal(signal.SIGTERM)
        wait_until(lambda: worker.exit_code is not None, "the worker ends", WITHIN_S)
    assert worker.exit_code == 1
    assert "CHURN_STOP_WITHIN_S" in str(must_be_said(made, "not_ended_in_time")["why"])


def test_a_second_worker_on_the_same_port_is_told_so_and_ends_with_2(made: Deployment) -> None:
    first = made.start_worker()
    first.wait_until_ready()
    second = work(made, "--port", str(first.port))
    assert second.returncode == 2
    assert second.stderr.startswith(f"churn: CHURN_WEB_PORT={first.port} is taken on {HOST}")


def test_a_session_time_out_that_the_brokers_do_not_take_is_told_with_their_bounds(made: Deployment) -> None:
    refused = work(made, "--port", str(free_port()), CHURN_SESSION_TIMEOUT_S="1")
    assert refused.returncode == 2
    assert "CHURN_SESSION_TIMEOUT_S=1 is out of bounds: these brokers take 6 to 1800" in refused.stderr


def test_a_worker_writes_nothing_into_its_directory_and_shows_no_pages_of_fausts(
    made: Deployment, tmp_path: Path
) -> None:
    here = tmp_path / "empty"
    here.mkdir()
    port, log = free_port(), tmp_path / "worker.log"
    worker = ChildProcess([*HERE.churn, "work", "--port", str(port)], made.environment, log, here)
    try:

        def lives() -> bool:
            assert worker.exit_code is None
            return status_of(port, "/livez") == 200

        wait_until(lives, "the worker lives", WITHIN_S)
        assert [status_of(port, page) for page in ("/router/", "/table/", "/metrics")] == [404, 404, 200]
        assert list(here.iterdir()) == []
    finally:
        worker.kill()


def status_of(port: int, page: str) -> int | None:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{page}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return None


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_no_worker_starts_on_a_redis_that_may_evict(made: Deployment, own_redis: "redis.Redis", policy: str) -> None:
    own_redis.config_set("maxmemory-policy", policy)
    refused = work(made, "--port", str(free_port()))
    assert refused.returncode == 1
    assert f"maxmemory-policy {policy}" in refused.stderr


def test_a_redis_that_may_evict_later_stops_every_partition_until_it_is_mended(
    made: Deployment, own_redis: "redis.Redis"
) -> None:
    made.start_worker().wait_until_ready()
    own_redis.config_set("maxmemory-policy", "allkeys-lru")
    assert "CONFIG SET maxmemory-policy noeviction" in wait_for_state(made, "redis_may_evict")[0]
    own_redis.config_set("maxmemory-policy", "noeviction")
    wait_for_state(made, "running")
    send(made)
    made.wait_until_applied(ends(made))


def test_what_redis_does_not_keep_or_does_not_say_is_told_once(made: Deployment, own_redis: "redis.Redis") -> None:
    own_redis.config_set("appendonly", "no")
    set_rights(own_redis, "-info")
    made.start_worker().wait_until_ready()
    assert "maxmemory-policy is noeviction" in str(must_be_said(made, "redis_not_looked_at")["why"])
    set_rights(own_redis, "+info")
    must_be_said(made, "redis_not_durable")


@pytest.mark.parametrize("rights", [("evalsha",), ("script",)])
def test_a_right_that_redis_does_not_give_is_a_stop_that_ends_once_it_is_given(
    made: Deployment, own_redis: "redis.Redis", rights: tuple[str, ...]
) -> None:
    set_rights(own_redis, *(f"-{right}" for right in rights))
    made.start_worker()
    assert "NOPERM" in wait_for_state(made, "refused_by_redis")[0]
    set_rights(own_redis, *(f"+{right}" for right in rights))
    wait_for_state(made, "running")


def test_two_workers_with_one_instance_id_are_told(made: Deployment) -> None:
    for _ in range(2):
        made.start_worker(more={"CHURN_INSTANCE_ID": "twin", "CHURN_LOG_FORMAT": "json"})
    made.workers[0].wait_until_ready()
    found = must_be_said(made, "instance_id_taken")
    assert "CHURN_INSTANCE_ID=twin" in str(found["why"])
