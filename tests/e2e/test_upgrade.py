"""This version takes over a deployment of the version before, as docs/runbook/upgrading.md says."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner, Result

from cli.main import app
from schemas.alerts import Alert
from schemas.errors import ContractViolation
from schemas.outgoing import address
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS, Topic
from stack.local import Services
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.adapters.redis.keys import meta_key, state_prefix
from stream_app.core.log import PlainRecord
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import Deployment, read_topic
from tests.support.connections import kafka_of
from tests.support.event_logs import LogWriter, at
from tests.support.recording import PARTITIONS, RECORDING, put_back, recorded, recorded_meta, renamed

pytestmark = pytest.mark.usefixtures("committed_models")

PAGE = Path(__file__).parents[2] / "docs" / "runbook" / "upgrading.md"
ALERTS = sum(map(len, recorded(CHURN_ALERTS)))
STILL_OPEN = ("u1", "u5")
"""Users whose episode 1 was open when the version before was stopped, at sequence 1 and 2."""


@pytest.fixture
def left(stack: Services, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """The topics as the version before left them, and a new app id."""
    made = Deployment(stack, prefix, tmp_path)
    put_back(made.at.kafka, made.at.topics)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    yield made
    for worker in made.workers:
        worker.kill()


def churn(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="churn")


def told(*arguments: str) -> dict[str, Any]:
    result = churn(*arguments, "--json")
    assert result.exception is None, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def stands(of: Deployment, topic: Topic) -> list[list[PlainRecord]]:
    found = read_topic(kafka_of(of.services), of.at.topics.of(topic))
    return [[record._replace(headers=tuple(record.headers)) for record in records] for records in found]


def as_it_was(of: Deployment, topic: Topic) -> list[list[PlainRecord]]:
    return [renamed(records, of.prefix) for records in recorded(topic)]


def must_be_untouched(of: Deployment) -> None:
    for topic in (CHURN_ALERTS, DEAD_LETTERS):
        assert stands(of, topic) == as_it_was(of, topic)


def cancels(of: Deployment, user: str, days: int) -> None:
    log = LogWriter(user)
    log.does("cancel", at(days=days))
    lines = [record.value or b"" for record in log.records()]
    KafkaSender(kafka_of(of.services), of.topic()).send(address(lines), flat_out(), lambda count: None)
    of.wait_until_applied([records[-1].offset + 1 for records in stands(of, CUSTOMER_EVENTS)])


def newest(of: Deployment, user: str) -> Alert:
    *_, last = (alert for alert in of.alerts() if alert.data.user_ref == user)
    return last


def test_the_log_of_the_version_before_is_replayed_into_a_new_app_id_and_goes_on(left: Deployment) -> None:
    assert [[r.offset for r in part] for part in stands(left, CUSTOMER_EVENTS)] == [
        [r.offset for r in part] for part in recorded(CUSTOMER_EVENTS)
    ]
    dry = told("backtest")
    assert (dry["alerts_missing"], dry["alerts_extra"], dry["alerts_of_another_digest"]) == (0, 0, ALERTS)

    worker = left.start_worker()
    worker.wait_until_ready()
    left.wait_until_applied([int(fields["position"]) for fields in recorded_meta()])
    must_be_untouched(left)
    found = told("verify")
    assert (found["exact"], found["alerts_of_another_digest"]) == (True, ALERTS)
    assert f"{ALERTS} of the alerts were published under another digest" in churn("verify").stdout

    cancels(left, STILL_OPEN[0], 50)
    promoted = told("models", "promote", "music/0.6.0")
    cancels(left, STILL_OPEN[1], 51)
    first, second = (newest(left, user) for user in STILL_OPEN)
    assert (first.id, first.data.status, first.data.resolution) == ("u1:1:2", "resolved", "churned")
    assert (second.id, second.data.status, second.data.resolution) == ("u5:1:3", "resolved", "churned")
    assert (first.data.model.version, second.data.model.version) == ("0.4.0", "0.6.0")
    assert promoted["model"]["sha256"] == first.data.model.sha256
    for before, now in zip(as_it_was(left, CHURN_ALERTS), stands(left, CHURN_ALERTS), strict=True):
        assert now[: len(before)] == before
    assert len(left.alerts()) == len({alert.id for alert in left.alerts()}) == ALERTS + 2
    assert stands(left, DEAD_LETTERS) == as_it_was(left, DEAD_LETTERS)
    found = told("verify")
    assert (found["exact"], found["alerts_of_another_digest"]) == (True, ALERTS)


def wait_until_stopped(worker: WorkerProcess, state: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 60
    while True:
        found = list(worker.probe()["partitions"].values())
        if len(found) == PARTITIONS and {partition["state"] for partition in found} == {state}:
            return found
        worker.must_run()
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_states_and_exports_of_the_version_before_are_refused_with_the_way_out(left: Deployment) -> None:
    with left.redis() as client:
        for partition, fields in enumerate(recorded_meta()):
            client.hset(meta_key(left.at.app_id, partition), mapping=fields)
    worker = left.start_worker()
    stopped = wait_until_stopped(worker, "foreign_state")
    assert all("docs/runbook/upgrading.md" in partition["why"] for partition in stopped)
    worker.stop()
    refused = churn("import-state", str(RECORDING / "export"), "--replace")
    assert isinstance(refused.exception, ContractViolation)
    assert "docs/runbook/upgrading.md" in str(refused.exception)
    refused = churn("verify", "--from", str(RECORDING / "export"))
    assert "docs/runbook/upgrading.md" in str(refused.exception)
    assert left.positions() == [int(fields["position"]) for fields in recorded_meta()]
    must_be_untouched(left)


def test_a_log_without_its_beginning_cannot_be_taken_along(left: Deployment) -> None:
    admin = AdminClient({"bootstrap.servers": left.services.bootstrap})
    places = [TopicPartition(left.topic(), partition, 5) for partition in range(PARTITIONS)]
    for answer in admin.delete_records(places).values():
        answer.result(30)
    wait_until_stopped(left.start_worker(), "position_outside_log")
    assert left.positions() == [0] * PARTITIONS
    must_be_untouched(left)


def test_removing_the_old_namespace_leaves_the_new_one(left: Deployment) -> None:
    old, new = left.at.app_id, left.at.app_id + "-2"
    (pattern,) = re.findall(r"--pattern '([^']+)'", PAGE.read_text(encoding="utf-8"))
    with left.redis() as client:
        for app_id in (old, new):
            client.hset(meta_key(app_id, 0), "position", 1)
            client.set(state_prefix(app_id, 0) + "ana", b"state")
        client.unlink(*client.scan_iter(pattern.replace("churn", old)))
        assert not client.exists(meta_key(old, 0), state_prefix(old, 0) + "ana")
        assert client.exists(meta_key(new, 0), state_prefix(new, 0) + "ana") == 2
