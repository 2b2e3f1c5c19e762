"""The commands that people and systems use on a running deployment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from schemas.alerts import Alert
from schemas.topics import PARTITIONS as DEFAULT_PARTITIONS
from schemas.topics import TOPICS
from stack.local import Services
from stream_app.settings import Settings
from tests.e2e.deployment import Deployment, deployment
from tests.support.fixture_model import FIXTURE

LAX = {"name": "lax", "version": 2, "enter": 0.0, "leave": 0.0, "critical": 1.0, "cooldown_s": 0}


def churn(made: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *arguments]
    environment = {**os.environ, **made.environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_promoted_policy_decides_from_its_offset_on_and_subscribers_see_its_alerts(
    stack: Services, prefix: str, tmp_path: Path
) -> None:
    with deployment(stack, prefix, tmp_path) as made:
        policy = tmp_path / "lax.toml"
        policy.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in LAX.items()))
        simulated = churn(made, "produce", "simulate", "--users", "5", "--days", "3", "--json")
        assert simulated.returncode == 0, simulated.stderr
        promoted = churn(made, "models", "promote", FIXTURE, "--policy", str(policy), "--json")
        assert promoted.returncode == 0, promoted.stderr
        offsets = json.loads(promoted.stdout)["offsets"]
        again = churn(made, "produce", "simulate", "--users", "5", "--days", "4", "--seed", "2", "--json")
        assert again.returncode == 0, again.stderr
        made.start_worker().wait_until_ready()
        made.wait_until_applied([len(records) for records in made.log()])
        seen = churn(made, "alerts", "--from-start", "--limit", "3", "--json")
        assert seen.returncode == 0, seen.stderr
        shown = [msgspec.json.decode(line, type=Alert) for line in seen.stdout.splitlines()]
        alerts = {alert.id: alert for alert in made.alerts()}
        assert len(shown) == 3
        assert all(alerts[alert.id] == alert for alert in shown)
        behind = {name: alert.data.src.offset > offsets[alert.data.src.partition] for name, alert in alerts.items()}
        assert any(behind.values())
        assert {name: alert.data.policy.name == "lax" for name, alert in alerts.items()} == behind
        _the_topics_are_shown_as_they_stand(made)


def _the_topics_are_shown_as_they_stand(made: Deployment) -> None:
    shown = churn(made, "topics", "show", "--json")
    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)
    ends = [len(records) for records in made.log()]
    events, alerts, letters = found["topics"]
    assert [topic["name"] for topic in found["topics"]] == [made.prefix + topic.name for topic in TOPICS]
    assert [topic["retention_ms"] for topic in found["topics"]] == [topic.retention_ms for topic in TOPICS]
    assert (events["begins"], events["ends"], events["replication"]) == ([0] * len(ends), ends, 1)
    assert sum(alerts["ends"]) >= len(made.alerts())
    assert letters["ends"] == [0] * len(ends)
    assert [one["position"] for one in found["applied"]] == ends
    assert {one["in_force"]["policy"]["name"] for one in found["applied"]} == {"lax"}
    people = churn(made, "topics", "show").stdout
    assert f"{made.prefix}customer-events-dlq" in people
    assert people.count(f"{FIXTURE}, policy lax 2") == len(ends)


def test_the_topics_are_made_on_a_named_broker_and_what_exists_stays_as_it_is(
    stack: Services, prefix: str, tmp_path: Path
) -> None:
    made = Deployment(stack, prefix, tmp_path)
    for _attempt in range(2):
        created = churn(made, "topics", "create", "--json")
        assert created.returncode == 0, created.stderr
        assert json.loads(created.stdout) == {
            "topics": [prefix + topic.name for topic in TOPICS],
            "partitions": DEFAULT_PARTITIONS,
        }
        assert [len(records) for records in made.log()] == [1] * DEFAULT_PARTITIONS
    shown = churn(made, "topics", "show", "--json")
    assert json.loads(shown.stdout)["applied"] == [None] * DEFAULT_PARTITIONS


def test_topics_that_are_not_there_are_not_shown(stack: Services, prefix: str, tmp_path: Path) -> None:
    refused = churn(Deployment(stack, prefix, tmp_path), "topics", "show")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"there is no topic {prefix}customer-events: `churn up` makes it" in refused.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [('{"name": "x"}', "is no policy"), (json.dumps({**LAX, "leave": 0.9}), "leave <= enter <= critical")],
)
def test_a_policy_that_cannot_work_is_refused_in_a_sentence(
    stack: Services, prefix: str, tmp_path: Path, content: str, says: str
) -> None:
    with deployment(stack, prefix, tmp_path) as made:
        policy = tmp_path / "bad.json"
        policy.write_text(content)
        refused = churn(made, "models", "promote", FIXTURE, "--policy", str(policy))
        assert (refused.returncode, refused.stdout) == (1, "")
        assert says in refused.stderr
        assert [len(records) for records in made.log()] == [1] * made.settings.partitions


def test_a_model_that_does_not_exist_cannot_be_promoted(stack: Services, prefix: str, tmp_path: Path) -> None:
    with deployment(stack, prefix, tmp_path) as made:
        refused = churn(made, "models", "promote", "music/9.9.9")
        assert refused.returncode == 1
        assert f"there is no model in {made.settings.models_directory}/music/9.9.9" in refused.stderr


def test_the_catalogue_and_the_settings_agree_on_the_number_of_partitions() -> None:
    assert Settings.model_fields["partitions"].default == DEFAULT_PARTITIONS
