"""`churn verify`, `churn export-state` and `churn import-state` on a deployment with a real worker."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from typer.testing import CliRunner, Result

from cli.main import app
from schemas.alerts import Alert
from schemas.errors import ContractViolation
from schemas.outgoing import address
from schemas.topics import CHURN_ALERTS, DEAD_LETTERS, Topic
from stack.local import Services
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.adapters.redis import stored_states
from stream_app.adapters.redis.partition_import import RedisImport
from stream_app.core.log import PlainRecord
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import PARTITIONS, Deployment, deployment, read_topic
from tests.support.connections import kafka_of
from tests.support.music_logs import music_lines

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
    KafkaSender(kafka_of(to.services), to.topic()).send(address(lines), flat_out(), lambda count: None)


def poison(to: Deployment) -> None:
    producer = Producer({"bootstrap.servers": to.services.bootstrap, "log_level": 0})
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
    return read_topic(kafka_of(to.services), to.topic(), whole=False)


def churn(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="churn")


def verified(*arguments: str) -> dict[str, Any]:
    result = churn("verify", "--json", *arguments)
    assert result.stdout, result.exception
    assert isinstance(result.exception, ContractViolation) is (not json.loads(result.stdout)["exact"])
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def differences(found: dict[str, Any]) -> dict[str, int]:
    others = {"alerts_of_another_digest", "letters_of_another_contract", "exact", "first_differences"}
    kinds = found.keys() - {"events", "users"} - others
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
    told = churn("verify")
    assert told.exception is None
    assert f"{THIRD:,} events" in told.stdout
    assert "state mismatches: 0" in told.stdout
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


def wipe(to: Deployment) -> None:
    with to.redis() as client:
        for key in client.scan_iter(f"{{{to.settings.app_id}.*"):
            client.delete(key)


def cut_log(to: Deployment, before: list[int]) -> None:
    """Delete the records below these offsets."""
    admin = AdminClient({"bootstrap.servers": to.services.bootstrap})
    places = [TopicPartition(to.topic(), partition, offset) for partition, offset in enumerate(before)]
    for answer in admin.delete_records(places).values():
        answer.result(30)


def wait_until_workers_are_gone(to: Deployment) -> None:
    deadline = time.monotonic() + 30
    admin = AdminClient({"bootstrap.servers": to.services.bootstrap})
    while admin.describe_consumer_groups([to.settings.app_id])[to.settings.app_id].result().members:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_wiped_redis_with_a_truncated_log_is_rebuilt_from_an_export_and_goes_on(made: Deployment) -> None:
    export = made.directory / "export"
    send(made, LINES[:THIRD])
    poison(made)
    apply_all(made)
    exported = churn("export-state", str(export), "--json")
    assert exported.exception is None
    positions = json.loads(exported.stdout)["positions"]
    assert positions == made.positions()
    send(made, LINES[THIRD : 2 * THIRD])
    wait(made)
    refused = churn("import-state", str(export))
    assert "are alive: stop them first" in str(refused.exception)
    made.workers[0].stop()
    wait_until_workers_are_gone(made)
    refused = churn("import-state", str(export))
    assert "Redis has states of partition 0" in str(refused.exception)
    states = [made.states(partition) for partition in range(PARTITIONS)]
    wipe(made)
    cut_log(made, [position - 1 for position in positions])
    refused = churn("verify", "--json")
    assert "begin with an export" in str(refused.exception)
    imported = churn("import-state", str(export), "--json")
    assert imported.exception is None
    found = verified("--from", str(export))
    assert (found["exact"], found["events"]) == (True, 0)
    assert made.positions() == positions
    apply_all(made)
    assert [made.states(partition) for partition in range(PARTITIONS)] == states
    poison(made)
    send(made, LINES[2 * THIRD :])
    wait(made)
    found = verified("--from", str(export))
    assert (found["exact"], found["first_differences"]) == (True, [])
    assert found["events"] == len(LINES) - THIRD


def test_a_busy_deployment_is_exported_and_verified_exactly(made: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of one state each: so the worker commits between them."""
    monkeypatch.setattr(stored_states, "PAGE", 1)
    made.start_worker().wait_until_ready()
    send(made, LINES[:THIRD])
    poison(made)
    enough = threading.Event()
    sending = threading.Thread(target=trickle, args=(made, LINES[THIRD:], enough))
    sending.start()
    export = made.directory / "export"
    assert churn("export-state", str(export), "--json").exception is None
    found = verified()
    assert (found["exact"], found["first_differences"]) == (True, [])
    assert sending.is_alive()
    enough.set()
    sending.join()
    wait(made)
    found = verified("--from", str(export))
    assert (found["exact"], found["first_differences"]) == (True, [])
    assert found["events"] > 0


def trickle(to: Deployment, lines: list[bytes], enough: threading.Event) -> None:
    """Send a few lines at a time, until it is enough."""
    for start in range(0, len(lines), 5):
        if enough.is_set():
            return
        send(to, lines[start : start + 5])


def test_an_import_that_was_cut_off_stops_workers_until_it_is_run_again(
    made: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(made, LINES[:THIRD])
    apply_all(made)
    export = made.directory / "export"
    assert churn("export-state", str(export)).exception is None
    made.workers[0].stop()
    wait_until_workers_are_gone(made)
    with monkeypatch.context() as patch:
        patch.setattr(RedisImport, "finish", lambda *_: signal.default_int_handler(signal.SIGINT, None))
        assert churn("import-state", str(export), "--replace").exit_code == 130
    assert "was not finished" in str(churn("verify").exception)
    worker = made.start_worker()
    deadline = time.monotonic() + 30
    while worker.probe()["partitions"].get("0", {}).get("state") != "position_outside_log":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    worker.stop()
    wait_until_workers_are_gone(made)
    assert churn("import-state", str(export), "--replace").exception is None
    assert verified()["exact"]


def test_alerts_and_dead_letters_that_are_not_the_replays_are_counted_and_named(made: Deployment) -> None:
    send(made, LINES)
    poison(made)
    apply_all(made)
    made.workers[0].stop()
    alerts, letters = made.alerts(), read_topic(kafka_of(made.services), made.prefix + DEAD_LETTERS.name)
    changed = msgspec.structs.replace(alerts[0], data=msgspec.structs.replace(alerts[0].data, score=0.123))
    invented = msgspec.structs.replace(alerts[1], data=msgspec.structs.replace(alerts[1].data, episode=99))
    replace_topic(made, CHURN_ALERTS, [changed, invented, *alerts[2:], alerts[3]])
    producer = Producer({"bootstrap.servers": made.services.bootstrap, "log_level": 0})
    again = letters[1][0]
    producer.produce(made.prefix + DEAD_LETTERS.name, again.value, again.key, 1, headers=list(again.headers))
    assert producer.flush(30) == 0
    found = verified()
    assert differences(found) == {
        "alerts_missing": 1,
        "alerts_duplicate": 1,
        "alerts_phantom": 2,
        "dead_letters_unaccounted": 1,
    }
    assert any(alerts[1].id in words for words in found["first_differences"])


def replace_topic(to: Deployment, topic: Topic, alerts: list[Alert]) -> None:
    """A topic with these alerts in place of its own."""
    name = to.prefix + topic.name
    admin = AdminClient({"bootstrap.servers": to.services.bootstrap})
    admin.delete_topics([name])[name].result(30)
    deadline = time.monotonic() + 30
    while name in admin.list_topics(timeout=10).topics:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    admin.create_topics([NewTopic(name, PARTITIONS, 1, config=topic.config())])[name].result(30)
    producer = Producer({"bootstrap.servers": to.services.bootstrap, "log_level": 0})
    for alert in alerts:
        producer.produce(name, msgspec.json.encode(alert), partition=alert.data.src.partition)
    assert producer.flush(30) == 0
