"""`churn verify`, `churn export-state` and `churn import-state` on a deployment with a real worker."""

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner, Result

from producers.kafka_sender import KafkaSender
from producers.outgoing import address
from producers.pacing import flat_out
from schemas.alerts import Alert
from schemas.dead_letters import HEADER_PREFIX
from schemas.errors import ContractViolation
from schemas.topics import CHURN_ALERTS, DEAD_LETTERS
from stack.local import Services
from stream_app.cli.main import app
from stream_app.core.log import PlainRecord
from tests.e2e.deployment import PARTITIONS, Deployment, deployment, read_topic
from tests.music_logs import music_lines

MODELS = Path(__file__).parents[2] / "models"
LINES = music_lines(60, 8000, seed=11)
THIRD = len(LINES) // 3
POISON = [b"{not json", b'{"specversion":"1.0"}', None]


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        for name, value in it.environment.items():
            monkeypatch.setenv(name, value)
        yield it


def send(to: Deployment, lines: list[bytes]) -> None:
    KafkaSender(to.services.bootstrap, to.topic()).send(address(lines), flat_out(), lambda count: None)


def poison(to: Deployment) -> None:
    producer = Producer({"bootstrap.servers": to.services.bootstrap})
    for partition in range(PARTITIONS):
        for value in POISON:
            producer.produce(to.topic(), value, key=b"key", partition=partition, headers=[("trace", b"\x01")])
    assert producer.flush(30) == 0


def apply_all(to: Deployment) -> None:
    to.start_worker().wait_until_ready()
    wait(to)


def wait(to: Deployment) -> None:
    to.wait_until_applied([records[-1].offset + 1 for records in read_ends(to)])


def read_ends(to: Deployment) -> list[list[PlainRecord]]:
    return read_topic(to.services.bootstrap, to.topic(), whole=False)


def churn(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="churn")


def verified(*arguments: str) -> dict[str, Any]:
    result = churn("verify", "--json", *arguments)
    assert result.stdout, result.exception
    assert isinstance(result.exception, ContractViolation) is (not json.loads(result.stdout)["exact"])
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def differences(found: dict[str, Any]) -> dict[str, int]:
    kinds = found.keys() - {"events", "users", "exact", "first_differences"}
    return {kind: found[kind] for kind in kinds if found[kind]}


def test_a_deployment_that_has_seen_poison_is_what_its_log_comes_to_and_planted_differences_are_named(
    made: Deployment,
) -> None:
    send(made, LINES[:THIRD])
    poison(made)
    apply_all(made)
    found = verified()
    assert (found["exact"], found["first_differences"]) == (True, [])
    assert (found["events"], found["users"]) == (THIRD, sum(len(made.states(p)) for p in range(PARTITIONS)))
    made.workers[0].stop()
    user, state = next(iter(made.states(0).items()))
    tag = f"{{{made.settings.app_id}.0}}"
    with made.redis() as client:
        client.set(f"{tag}:u:{user}", bytes([*state[:-1], state[-1] ^ 1]))
        found = verified()
        assert differences(found) == {"state_mismatches": 1}
        assert user in found["first_differences"][0]
        client.delete(f"{tag}:u:{user}")
        client.set(f"{tag}:u:nobody", state)
        client.hset(f"{tag}:m", "anchor", 1)
        assert differences(verified()) == {"state_mismatches": 2, "meta_mismatches": 1}
