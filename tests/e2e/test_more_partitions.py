"""The events topic is given more partitions under a running worker: it stops before it decides on a part of a user."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions

from schemas.errors import ContractViolation
from schemas.outgoing import address
from schemas.topics import DEAD_LETTERS
from stack.local import Services
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import PARTITIONS, Deployment, deployment, read_topic
from tests.support.connections import kafka_of
from tests.support.music_logs import music_lines

LINES = music_lines(20, 400, seed=3)
STOPPED_WITHIN_S = 30.0


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        yield it


def send(to: Deployment, lines: list[bytes]) -> None:
    KafkaSender(kafka_of(to.services), to.topic()).send(address(lines), flat_out(), lambda _: None)


def partitions_once_stopped(worker: WorkerProcess) -> dict[str, dict[str, Any]]:
    """What the worker says of its partitions once every one, the new ones too, stands still."""
    deadline = time.monotonic() + STOPPED_WITHIN_S
    while True:
        found: dict[str, dict[str, Any]] = worker.probe()["partitions"]
        if len(found) == PARTITIONS + 2 and {one["state"] for one in found.values()} == {"other_partitions"}:
            return found
        worker.must_run()
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_a_worker_whose_topic_is_given_more_partitions_stops_and_says_so_and_does_not_start_again(
    made: Deployment,
) -> None:
    worker = made.start_worker()
    worker.wait_until_ready()
    send(made, LINES[:200])
    made.wait_until_applied([len(records) for records in made.log()])
    admin = AdminClient({"bootstrap.servers": made.services.bootstrap})
    admin.create_partitions([NewPartitions(made.topic(), PARTITIONS + 2)])[made.topic()].result(10)
    found = partitions_once_stopped(worker)
    assert all(f"has {PARTITIONS + 2} partitions" in partition["why"] for partition in found.values())
    positions = made.positions()
    send(made, LINES[200:])
    assert [log for log in read_topic(kafka_of(made.services), made.prefix + DEAD_LETTERS.name) if log] == []
    assert made.positions() == positions
    worker.stop()
    assert worker.exit_code == 0
    with pytest.raises(ContractViolation, match=f"has {PARTITIONS + 2} partitions and {made.prefix}"):
        made.start_worker().wait_until_ready()
