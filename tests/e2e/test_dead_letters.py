"""A poison record's way back: dead-lettered by a worker, repaired by a person, sent again, applied."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from stack.local import Services
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.support.dead_letters import activity, home_of, user_of


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        yield it


def churn_dlq(made: Deployment, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "cli", "dlq", *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, **made.environment}, capture_output=True, check=False, timeout=60)


def listed(made: Deployment) -> list[dict[str, Any]]:
    letters: list[dict[str, Any]] = json.loads(churn_dlq(made, "list", "--json").stdout)["letters"]
    return letters


def verified(made: Deployment) -> dict[str, Any]:
    command = [sys.executable, "-m", "cli", "verify", "--json"]
    environment = {**os.environ, **made.environment}
    found: dict[str, Any] = json.loads(
        subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60).stdout
    )
    return found


def write(made: Deployment, partition: int, value: bytes, key: bytes) -> None:
    producer = Producer({"bootstrap.servers": made.services.bootstrap, "enable.idempotence": True, "log_level": 0})
    producer.produce(made.topic(), value, key=key, partition=partition)
    assert producer.flush(30) == 0


def wait_until_all_is_applied(made: Deployment) -> None:
    made.wait_until_applied([len(records) for records in made.log()])


def test_a_poison_record_is_listed_repaired_sent_again_and_applied_once(made: Deployment, tmp_path: Path) -> None:
    user = user_of(0)
    home = home_of(user, PARTITIONS)
    write(made, home, activity(user).replace(b"next_song", b"Next Song"), user.encode())
    worker = made.start_worker()
    worker.wait_until_ready()
    wait_until_all_is_applied(made)
    assert made.states(home) == {}

    (letter,) = listed(made)
    assert (letter["reason"], letter["redriven"]) == ("schema", None)
    broken = churn_dlq(made, "show", letter["id"], "--value").stdout
    assert churn_dlq(made, "redrive", letter["id"]).returncode == 1
    repaired = tmp_path / "event.json"
    repaired.write_bytes(broken.replace(b"Next Song", b"next_song"))
    assert churn_dlq(made, "redrive", letter["id"], "--value", repaired).returncode == 0

    wait_until_all_is_applied(made)
    assert list(made.states(home)) == [user]
    assert worker.probe()["counts"]["scored"] == 1
    again = churn_dlq(made, "redrive", letter["id"], "--value", repaired)
    assert (again.returncode, b"was sent again before" in again.stderr) == (1, True)
    wait_until_all_is_applied(made)
    assert worker.probe()["counts"]["scored"] == 1
    (letter,) = listed(made)
    assert letter["redriven"] == f"{home}/{len(made.log()[home]) - 1}"

    worker.stop()
    successor = made.start_worker()
    successor.wait_until_ready()
    write(made, home, activity(user, 2), user.encode())
    wait_until_all_is_applied(made)
    assert successor.probe()["counts"]["scored"] == 1
    assert len(listed(made)) == 1
    assert verified(made)["first_differences"] == []
    assert verified(made)["exact"]
