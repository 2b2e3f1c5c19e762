"""`churn verify`, `export-state` and `import-state` on a real deployment: after work, after damage, after a loss."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from producers.kafka_sender import KafkaSender
from producers.outgoing import address
from producers.pacing import flat_out
from producers.simulator import simulate
from stack.local import Services
from stack.worker_process import WorkerProcess
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.e2e.test_kill import START_MS, ends

ZERO = {
    "state_mismatches": 0,
    "alerts_missing": 0,
    "alerts_duplicate": 0,
    "alerts_phantom": 0,
    "dead_letters_unaccounted": 0,
    "exact": True,
}


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        yield it


def churn(made: Deployment, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "stream_app.cli", *arguments]
    environment = {**os.environ, **made.environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def figures(ran: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def send(made: Deployment, users: int, days: int, seed: int) -> int:
    """Simulated events, with a record that is none among them; how many can be applied."""
    events = list(address(simulate(users, days, seed, START_MS)))
    KafkaSender(made.services.bootstrap, made.topic()).send(events, flat_out(), lambda _: None)
    poison = Producer({"bootstrap.servers": made.services.bootstrap})
    poison.produce(made.topic(), b"{", key=b"nobody", partition=seed % PARTITIONS)
    assert poison.flush(30) == 0
    return len(events)


def test_a_deployment_is_exact_while_it_works_and_damage_is_found_and_named(made: Deployment) -> None:
    made.start_worker().wait_until_ready()
    sent = send(made, users=80, days=25, seed=11)
    during = churn(made, "verify", "--json")
    assert during.returncode == 0, during.stderr
    made.wait_until_applied(ends(made))
    after = figures(churn(made, "verify", "--json"))
    assert {name: after[name] for name in ZERO} == ZERO
    assert after["events"] == sent
    assert after["users"] == sum(len(made.states(partition)) for partition in range(PARTITIONS))

    with made.redis() as client:
        (key, *_) = client.scan_iter(f"{{{made.settings.app_id}.1}}:u:*")
        client.setrange(key, 9, b"\xff")
    damaged = churn(made, "verify", "--json")
    assert damaged.returncode == 1
    assert figures(damaged)["state_mismatches"] == 1
    assert f"the state of user {key.decode().split(':u:')[1]} is not what the log says" in damaged.stderr


def test_states_come_back_from_an_export_when_redis_and_the_beginning_of_the_log_are_lost(
    made: Deployment, tmp_path: Path
) -> None:
    worker = made.start_worker()
    worker.wait_until_ready()
    send(made, users=60, days=20, seed=12)
    made.wait_until_applied(ends(made))
    export = tmp_path / "export"
    exported = churn(made, "export-state", str(export), "--json")
    assert exported.returncode == 0, exported.stderr
    positions = figures(exported)["positions"]
    assert positions == ends(made)
    send(made, users=40, days=20, seed=13)
    made.wait_until_applied(ends(made))
    worker.stop()

    refused = churn(made, "import-state", str(export))
    assert (refused.returncode, "--replace" in refused.stderr) == (1, True)
    with made.redis() as client:
        client.flushall()
    truncate(made, positions)
    lost = made.start_worker()
    wait_until_all_stand_still(lost, "position_outside_log")
    lost.stop()

    imported = churn(made, "import-state", str(export), "--replace", "--json")
    assert imported.returncode == 0, imported.stderr
    assert figures(imported)["users"] == 60
    assert figures(churn(made, "verify", "--from", str(export), "--json"))["exact"]
    made.start_worker().wait_until_ready()
    made.wait_until_applied(ends_of_log(made))
    again = churn(made, "verify", "--from", str(export), "--json")
    assert figures(again)["exact"], again.stderr


def wait_until_all_stand_still(worker: WorkerProcess, state: str) -> None:
    deadline = time.monotonic() + 60.0
    while {found["state"] for found in worker.probe()["partitions"].values()} != {state}:
        assert time.monotonic() < deadline, worker.probe()
        time.sleep(0.1)


def truncate(made: Deployment, positions: list[int]) -> None:
    """Let the log begin one record before the positions."""
    admin = AdminClient({"bootstrap.servers": made.services.bootstrap})
    wanted = [TopicPartition(made.topic(), p, position - 1) for p, position in enumerate(positions)]
    for done in admin.delete_records(wanted).values():
        done.result()


def ends_of_log(made: Deployment) -> list[int]:
    consumer = Consumer({"bootstrap.servers": made.services.bootstrap, "group.id": "unused"})
    found = [consumer.get_watermark_offsets(TopicPartition(made.topic(), p), timeout=10)[1] for p in range(PARTITIONS)]
    consumer.close()
    return [int(end) for end in found]
