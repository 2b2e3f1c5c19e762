"""`churn backtest` on a deployment whose worker has scored everything: the same alerts, and nothing is touched."""

import json
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from typer.testing import CliRunner, Result

from cli.main import app
from producers.line_files import write_lines
from schemas.alerts import Alert
from schemas.errors import ContractViolation
from schemas.events import Policy
from schemas.instants import format_instant
from schemas.manifests import MANIFEST_FILE
from schemas.outgoing import address
from schemas.topics import CHURN_ALERTS
from stack.local import Services
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.adapters.kafka.topics import delete_topics, write_control
from stream_app.adapters.onnx_scorer import load_manifest
from stream_app.bootstrap.engine import control_for
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import Deployment, deployment
from tests.support.connections import deployment_at, kafka_of
from tests.support.ctrl_c import HEEDING_CTRL_C
from tests.support.event_logs import at
from tests.support.fixture_model import FIXTURE
from tests.support.music_logs import music_lines

LINES = music_lines(40, 6000, seed=5)
HALF = len(LINES) // 2
MIDDLE = format_instant(at(days=20))
DEAF = {"name": "deaf", "version": 3, "enter": 1.0, "leave": 1.0, "critical": 1.0, "cooldown_s": 0}
FIRST, SECOND = "music/1.0.0", "music/1.1.0"


@dataclass(frozen=True)
class Finished:
    """A deployment whose worker has applied the lines, with another model and policy in force from its middle on."""

    made: Deployment
    alerts: list[Alert]
    directory: Path


@pytest.fixture(scope="module")
def finished(stack: Services, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    directory, prefix = tmp_path_factory.mktemp("backtest"), f"t{secrets.token_hex(3)}-"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        patch.setenv("CHURN_MODELS_DIRECTORY", str(two_versions(models, directory / "models")))
        patch.setenv("CHURN_KAFKA_BOOTSTRAP", stack.bootstrap)
        patch.setenv("CHURN_TOPIC_PREFIX", prefix)
        with deployment(stack, prefix, directory) as made:
            fill(made)
            made.start_worker().wait_until_ready()
            made.wait_until_applied([len(records) for records in made.log()])
            made.workers[0].stop()
            yield Finished(made, made.alerts(), directory)
        delete_topics(deployment_at(stack, prefix))


def two_versions(models: Path, directory: Path) -> Path:
    """A directory with a model under two versions."""
    for name in (FIRST, SECOND):
        shutil.copytree(models / FIXTURE, directory / name)
        manifest = msgspec.structs.replace(load_manifest(models / FIXTURE), version=name.partition("/")[2])
        (directory / name / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest))
    return directory


def fill(made: Deployment) -> None:
    """Send the lines, with another version and another policy in force from their middle on."""
    sender = KafkaSender(kafka_of(made.services), made.topic())
    for name, share, lines in ((FIRST, 0.5, LINES[:HALF]), (SECOND, 0.8, LINES[HALF:])):
        control = control_for(load_manifest(made.settings.models_directory / name), at())
        enter = share * control.data.policy.enter
        policy = Policy(name="busy", version=1, enter=enter, leave=0.9 * enter, critical=1.1 * enter, cooldown_s=0)
        control = msgspec.structs.replace(control, data=msgspec.structs.replace(control.data, policy=policy))
        write_control(made.at, control)
        sender.send(address(lines), flat_out(), lambda count: None)


def churn(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)], prog_name="churn")


def told(*arguments: str | Path) -> dict[str, Any]:
    result = churn(*arguments, "--json")
    assert result.exception is None, (result.exception, result.stderr)
    assert result.stdout.count("\n") == 1
    summary: dict[str, Any] = json.loads(result.stdout)
    return summary


def stamped_alike(alerts: list[Alert]) -> list[Alert]:
    """Alerts in one order, as if all had been detected when they happened."""
    alike = [
        msgspec.structs.replace(a, data=msgspec.structs.replace(a.data, detected_at=a.data.event_time)) for a in alerts
    ]
    return sorted(alike, key=lambda alert: (alert.data.src.partition, alert.data.src.offset))


def test_as_the_log_says_it_gives_exactly_the_live_alerts_over_a_change_of_model_and_policy(finished: Finished) -> None:
    written = finished.directory / "alerts.jsonl"
    summary = told("--alerts", written)
    assert (summary["alerts_missing"], summary["alerts_extra"]) == (0, 0)
    [row] = summary["rows"]
    assert (row["model"], row["policy"], row["events"], row["scored"]) == ("live", "live", len(LINES), len(LINES))
    statuses = [alert.data.status for alert in finished.alerts]
    assert (row["alerts_firing"], row["alerts_resolved"]) == (statuses.count("firing"), statuses.count("resolved"))
    assert min(statuses.count("firing"), statuses.count("resolved")) > 10
    assert {alert.data.model.version for alert in finished.alerts} == {"1.0.0", "1.1.0"}
    replayed = [msgspec.json.decode(line, type=Alert) for line in written.read_bytes().splitlines()]
    assert stamped_alike(replayed) == stamped_alike(finished.alerts)


def everything(made: Deployment) -> dict[str, object]:
    """All that a command could have changed in Kafka and Redis."""
    admin = AdminClient({"bootstrap.servers": made.services.bootstrap})
    topics = admin.list_topics(timeout=10).topics
    partitions = [TopicPartition(name, partition) for name, topic in topics.items() for partition in topic.partitions]
    ends = admin.list_offsets({partition: OffsetSpec.latest() for partition in partitions})
    groups = sorted(group.group_id for group in admin.list_consumer_groups().result().valid)
    committed = [
        admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result() for group in groups
    ]
    with made.redis() as client:
        states = {key: client.dump(key) for key in client.scan_iter()}
    return {
        "topics": {(p.topic, p.partition): end.result().offset for p, end in ends.items()},
        "groups": {
            group.group_id: [(p.topic, p.partition, p.offset) for p in group.topic_partitions] for group in committed
        },
        "redis": states,
    }


def test_nothing_is_written_and_no_group_is_joined(finished: Finished) -> None:
    before = everything(finished.made)
    told("--policy", "live,own", "--model", f"live,{FIRST}")
    assert everything(finished.made) == before
    assert all(before.values())


def test_a_period_counts_what_was_taken_down_within_it_and_folds_the_whole_log(finished: Finished) -> None:
    before, after = told("--to", MIDDLE), told("--from", MIDDLE)
    whole = told("--from", "2024-03-01")
    for name in ("events", "scored", "alerts_firing", "alerts_resolved", "churners"):
        parts = [summary["rows"][0][name] for summary in (before, after)]
        assert sum(parts) == whole["rows"][0][name]
    assert [part["alerts_missing"] or part["alerts_extra"] for part in (before, after, whole)] == [0, 0, 0]
    assert before["rows"][0]["events"] == sum(json.loads(line)["recordedtime"] < MIDDLE for line in LINES)
    assert before["rows"][0]["churners"] == 0
    assert after["rows"][0]["churners"] == 10


def test_every_model_with_every_policy_is_a_row_and_equal_models_have_equal_rows(finished: Finished) -> None:
    deaf = finished.directory / "deaf.toml"
    deaf.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in DEAF.items()))
    summary = told("--model", f"{FIRST},{SECOND}", "--policy", f"live,{deaf}")
    assert [(row.pop("model"), row["policy"]) for row in summary["rows"]] == [
        (FIRST, "live"),
        (FIRST, str(deaf)),
        (SECOND, "live"),
        (SECOND, str(deaf)),
    ]
    live, none, *others = summary["rows"]
    assert others == [live, none]
    assert live["alerts_firing"] > none["alerts_firing"] == none["users_alerted"] == 0
    assert summary["alerts_missing"] is None


def test_the_live_row_is_compared_among_other_rows_too(finished: Finished) -> None:
    summary = told("--model", f"{FIRST},live", "--policy", "own,live")
    assert [(row["model"], row["policy"]) for row in summary["rows"]][-1] == ("live", "live")
    assert (summary["alerts_missing"], summary["alerts_extra"]) == (0, 0)


def test_a_file_of_the_same_events_gives_the_same_row(finished: Finished) -> None:
    file = finished.directory / "events.jsonl.gz"
    write_lines(file, LINES)
    assert told("--events", file, "--model", FIRST)["rows"] == told("--model", FIRST, "--policy", "own")["rows"]


def test_people_get_a_table(finished: Finished) -> None:
    result = churn("--policy", "live,own")
    assert result.exception is None
    assert f"{len(LINES):,} events of 40 users" in result.stdout
    assert [line.split()[:2] for line in result.stdout.splitlines() if line.startswith("live")] == [
        ["live", "live"],
        ["live", "own"],
        ["live", "alerts"],
    ]


def test_live_alerts_that_are_missing_and_one_that_is_not_due_are_counted_and_fail(
    finished: Finished, stack: Services, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_TOPIC_PREFIX", prefix)
    with deployment(stack, prefix, finished.directory / "unserved") as made:
        fill(made)
        producer = Producer({"bootstrap.servers": stack.bootstrap, "log_level": 0})
        producer.produce(prefix + CHURN_ALERTS.name, msgspec.json.encode(finished.alerts[0]), partition=0)
        assert producer.flush(30) == 0
        result = churn("--json")
    assert isinstance(result.exception, ContractViolation)
    assert "the live alerts are not those of a replay" in str(result.exception)
    summary = json.loads(result.stdout)
    assert (summary["alerts_missing"], summary["alerts_extra"]) == (len(finished.alerts), 1)
    assert "alert missing at partition" in result.stderr


def test_ctrl_c_ends_it_at_once_and_says_nothing_on_stdout(finished: Finished) -> None:
    file = finished.directory / "long.jsonl"
    write_lines(file, LINES * 20)
    command = [*HEEDING_CTRL_C, sys.executable, "-m", "cli", "backtest", "--events", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "taking the newest one" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stdout.read() == ""
        assert "Traceback" not in process.stderr.read()
