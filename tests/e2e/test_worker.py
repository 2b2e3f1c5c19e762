"""What people see of a running worker: dead letters, model changes, named stops, probes, a clean stop."""

import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.dead_letters import HEADER_PREFIX
from schemas.events import Activity, ActivityData
from schemas.instants import format_instant
from schemas.topics import DEAD_LETTERS, MAX_EVENT_BYTES, TOPICS
from stack.local import Services
from stack.ports import free_port
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.topics import write_control
from stream_app.adapters.onnx_scorer import newest_model
from stream_app.bootstrap.engine import control_for, first_control
from stream_app.core.log import PlainRecord
from tests.e2e.deployment import PARTITIONS, Deployment, deployment, read_topic
from tests.support.connections import kafka_of
from tests.support.partitions import partitions_of
from tests.support.promql import Page
from tests.support.waiting import wait_until

NOW_MS = time.time_ns() // 1_000_000
DAY_MS = 86_400_000


def activity(user: str | None, number: int, time_ms: int = NOW_MS, action: str = "next_song") -> bytes:
    data = ActivityData(action=action)
    time_text = format_instant(time_ms)
    event = Activity(specversion="1.0", id=f"{user}-{number}", source="/test", time=time_text, subject=user, data=data)
    return msgspec.json.encode(event)


def home_of(user: str) -> int:
    return int(partitions_of([user.encode()], PARTITIONS)[0])


def user_of(partition: int) -> str:
    return next(name for name in (f"user-{i}" for i in range(1000)) if home_of(name) == partition)


class Writer:
    """Puts raw records where they are told to go."""

    def __init__(self, to: Deployment) -> None:
        self._topic = to.topic()
        self._producer = Producer(
            {"bootstrap.servers": to.services.bootstrap, "enable.idempotence": True, "log_level": 0}
        )

    def write(self, partition: int, value: bytes | None, key: bytes | None = b"key") -> None:
        self._producer.produce(self._topic, value, key=key, partition=partition, headers=[("trace", b"\x01\xff")])

    def flush(self) -> None:
        assert self._producer.flush(30) == 0


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        yield it


def wait_until_all_is_applied(made: Deployment) -> list[list[PlainRecord]]:
    log = made.log()
    made.wait_until_applied([len(records) for records in log])
    return log


def test_every_kind_of_poison_goes_to_the_dead_letters_untouched_and_the_worker_goes_on(made: Deployment) -> None:
    user = user_of(0)
    poison: list[tuple[str, bytes | None]] = [
        ("undecodable", b"{not json"),
        ("undecodable", b"\xff\xfe"),
        ("tombstone", None),
        ("schema", b'{"specversion":"1.0","id":"1","source":"s","type":"churn.unheard_of.v1"}'),
        ("schema", activity(user, 1).replace(b"next_song", b"Next Song")),
        ("no_user", activity(None, 2)),
        ("future", activity(user, 3, NOW_MS + 3 * DAY_MS)),
        ("too_large", activity(user, 4) + b" " * MAX_EVENT_BYTES),
        ("mispartitioned", activity(user_of(1), 5)),
    ]
    writer = Writer(made)
    for _, value in poison:
        writer.write(0, value)
    writer.write(0, activity(user, 6), user.encode())
    writer.flush()
    made.start_worker().wait_until_ready()
    wait_until_all_is_applied(made)
    logs = read_topic(kafka_of(made.services), made.prefix + DEAD_LETTERS.name)
    letters = [letter for records in logs for letter in records]
    assert Counter(described(letters)) == Counter(poison)
    assert {letter.key for letter in letters} == {b"key"}
    assert all(("trace", b"\x01\xff") in letter.headers for letter in letters)
    probe = made.workers[0].probe()
    assert probe["counts"]["dead"] == len(poison)
    assert probe["counts"]["scored"] == 1
    assert list(made.states(0)) == [user]


def described(letters: Sequence[PlainRecord]) -> list[tuple[str, bytes | None]]:
    return [(dict(letter.headers)[HEADER_PREFIX + "reason"].decode(), letter.value) for letter in letters]


def test_events_before_the_first_control_record_are_folded_and_counted_but_not_scored(
    stack: Services, prefix: str, tmp_path: Path
) -> None:
    made = Deployment(stack, prefix, tmp_path)
    user = user_of(0)
    make_topics_without_control(made)
    writer = Writer(made)
    for number in range(5):
        writer.write(0, activity(user, number), user.encode())
    writer.flush()
    worker = made.start_worker()
    try:
        worker.wait_until_ready()
        wait_until_all_is_applied(made)
        write_control(made.at, first_control(made.settings))
        writer.write(0, activity(user, 5), user.encode())
        writer.flush()
        wait_until_all_is_applied(made)
        counts = worker.probe()["counts"]
        assert (counts["applied"], counts["unscored"], counts["scored"], counts["control"]) == (6, 5, 1, PARTITIONS)
    finally:
        worker.kill()


def make_topics_without_control(made: Deployment) -> None:
    admin = AdminClient({"bootstrap.servers": made.services.bootstrap})
    new = [NewTopic(made.prefix + topic.name, PARTITIONS, 1, config=topic.config()) for topic in TOPICS]
    for answer in admin.create_topics(new).values():
        answer.result(30)


def test_a_model_that_is_missing_stops_its_partitions_under_that_name_and_nothing_is_skipped(made: Deployment) -> None:
    user = user_of(1)
    manifest = newest_model(made.settings.models_directory, "music")
    control = control_for(manifest, NOW_MS)
    gone = msgspec.structs.replace(control.data.model, version="0.0.0-gone", sha256="0" * 64)
    data = msgspec.structs.replace(control.data, model=gone)
    write_control(made.at, msgspec.structs.replace(control, data=data))
    writer = Writer(made)
    writer.write(1, activity(user, 1), user.encode())
    writer.flush()
    worker = made.start_worker()
    found = wait_for(worker, lambda probe: states_in(probe) == {"missing_model"})
    assert found["ready"] is False
    assert "music/0.0.0-gone" in found["partitions"]["1"]["why"]
    assert made.positions() == [0] * PARTITIONS
    assert made.states(1) == {}
    started = time.monotonic()
    worker.stop()
    assert (worker.exit_code, time.monotonic() - started < 10) == (0, True)


def wait_for(worker: WorkerProcess, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while not condition(probe := worker.probe()):
        worker.must_run()
        assert time.monotonic() < deadline, probe
        time.sleep(0.1)
    return probe


def states_in(probe: dict[str, Any]) -> set[str]:
    return {partition["state"] for partition in probe["partitions"].values()}


def test_a_worker_answers_its_probes_and_sigterm_ends_it_in_seconds_with_everything_committed(made: Deployment) -> None:
    writer = Writer(made)
    for number in range(2_000):
        user = f"listener-{number % 50}"
        writer.write(home_of(user), activity(user, number), user.encode())
    worker = made.start_worker()
    worker.wait_until_ready()
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/livez", timeout=5) as answer:
        assert answer.status == 200
    writer.flush()
    started = time.monotonic()
    worker.stop()
    assert worker.exit_code == 0
    assert time.monotonic() - started < 10
    positions = made.positions()
    successor = made.start_worker()
    successor.wait_until_ready()
    wait_until_all_is_applied(made)
    probe = successor.probe()
    assert sum(positions) + probe["counts"].get("applied", 0) + probe["counts"].get("control", 0) == sum(
        made.positions()
    )


def test_what_a_deployment_keeps_in_redis_never_expires(made: Deployment) -> None:
    writer = Writer(made)
    for partition in range(PARTITIONS):
        writer.write(partition, activity(user_of(partition), 1), user_of(partition).encode())
    writer.flush()
    made.start_worker().wait_until_ready()
    wait_until_all_is_applied(made)
    with made.redis() as client:
        lives = {key: client.ttl(key) for key in client.scan_iter(f"*{made.settings.app_id}*", count=1000)}
    assert len(lives) >= 2 * PARTITIONS
    assert set(lives.values()) == {-1}


def test_two_deployments_with_different_numbers_of_partitions_cannot_be_mixed_up(made: Deployment) -> None:
    with made.redis() as client:
        client.hset(f"{{{made.settings.app_id}.0}}:m", mapping={"partitions": PARTITIONS + 1, "position": 0})
    worker = made.start_worker()
    found = wait_for(worker, lambda probe: "other_partitions" in states_in(probe))
    assert found["partitions"]["0"]["state"] == "other_partitions"


def test_the_app_runs_under_the_faust_command_line_as_well(made: Deployment) -> None:
    port = free_port()
    environment = {**os.environ, **made.at.environment}
    command = [sys.executable, "-m", "faust", "-A", "stream_app.faust_app", "worker", "--web-port", str(port)]
    with (made.directory / "faust.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while made.positions() != [1] * PARTITIONS:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()


def send_batch_that_grows(to: Deployment) -> None:
    """80 MB of zeros in one small batch of partition 0, which is sent once all of it is there."""
    bomb = Producer(
        {
            "bootstrap.servers": to.services.bootstrap,
            "compression.type": "zstd",
            "message.max.bytes": 200_000_000,
            "batch.size": 150_000_000,
            "linger.ms": 60_000,
            "log_level": 0,
        }
    )
    for _ in range(80):
        bomb.produce(to.topic(), bytes(1_000_000), partition=0)
    assert bomb.flush(60) == 0


def test_a_batch_that_grows_without_bound_stops_its_own_partition_only(made: Deployment) -> None:
    worker = made.start_worker()
    worker.wait_until_ready()
    send_batch_that_grows(made)
    wait_until(lambda: worker.probe()["partitions"]["0"]["state"] == "unreadable_batch", "it stops")
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as answer:
        page = Page(answer.read().decode())
    assert page.value("churn_partition_lag", partition="0") == 80
    writer = Writer(made)
    for partition in range(PARTITIONS):
        writer.write(partition, activity(user_of(partition), 1))
    writer.flush()
    wait_until(lambda: made.positions()[1:] == [2, 2, 2], "the others go on")
    assert made.positions()[0] == 1
