"""`churn dlq` as people use it: list, show, repair, send again."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from schemas.errors import ContractViolation
from schemas.instants import format_instant
from stack.local import Services
from stream_app.adapters.kafka.topics import create_topics
from stream_app.bootstrap.engine import first_control
from stream_app.settings import Settings
from tests.support.connections import deployment_at
from tests.support.dead_letters import PARTITIONS, SENT_MS, Desk, activity, rejected, user_of

USER = user_of(1)


@pytest.fixture
def desk(stack: Services, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    """Commands find the topics through the environment."""
    create_topics(deployment_at(stack, prefix), PARTITIONS, first_control(Settings()))
    monkeypatch.setenv("CHURN_KAFKA_BOOTSTRAP", stack.bootstrap)
    monkeypatch.setenv("CHURN_TOPIC_PREFIX", prefix)
    monkeypatch.chdir(tmp_path)
    made = Desk(stack, prefix)
    made.reject(
        [
            rejected(3, b'{"id": "\x1b[31m"', "undecodable"),
            rejected(4, activity(USER, 4), "mispartitioned"),
            rejected(5, activity(USER, 5)),
            rejected(6, activity(USER, 6)),
        ]
    )
    return made


def churn_dlq(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["dlq", *map(str, arguments)], prog_name="churn")


def test_letters_are_listed_with_where_they_stood_and_counted_by_reason(desk: Desk) -> None:
    listed = json.loads(churn_dlq("list", "--json").stdout)
    assert listed["by_reason"] == {"bug": 2, "undecodable": 1, "mispartitioned": 1}
    first, *_ = listed["letters"]
    assert first == {
        "id": str(desk.letters()[0].id),
        "topic": desk.redrive.topics.events,
        "partition": 0,
        "offset": 3,
        "reason": "undecodable",
        "message": "it is undecodable",
        "sent_at": format_instant(SENT_MS),
        "redriven": None,
    }
    assert desk.letters()[0].record.timestamp == SENT_MS
    chosen = json.loads(churn_dlq("list", "--reason", "bug", "--json").stdout)
    assert [one["offset"] for one in chosen["letters"]] == [5, 6]
    assert json.loads(churn_dlq("list", "--partition", "1", "--json").stdout)["letters"] == []
    table = churn_dlq("list").stdout
    assert "2 bug, 1 undecodable, 1 mispartitioned" in table


def test_a_letter_is_shown_whole_and_its_value_is_written_out_byte_by_byte(desk: Desk) -> None:
    letter = desk.letters()[0]
    shown = churn_dlq("show", str(letter.id)).stdout
    assert "rejected as undecodable: it is undecodable" in shown
    assert "trace: \\x01\\xff" in shown
    assert "\x1b" not in shown
    assert churn_dlq("show", str(letter.id), "--value").stdout_bytes == letter.record.value
    told = json.loads(churn_dlq("show", str(letter.id), "--json").stdout)
    assert (told["id"], told["value_base64"]) == (str(letter.id), "eyJpZCI6ICIbWzMxbSI=")
    assert isinstance(churn_dlq("show", "0/999").exception, ContractViolation)
    assert churn_dlq("show", "first").exit_code == 2


def test_letters_with_a_reason_of_another_version_are_listed_counted_and_sent_again(desk: Desk) -> None:
    desk.reject([rejected(7, activity(USER, 7), "of_another_version")])
    listed = json.loads(churn_dlq("list", "--reason", "of_another_version", "--json").stdout)
    assert listed["by_reason"] == {"of_another_version": 1}
    sent = json.loads(churn_dlq("redrive", "--reason", "of_another_version", "--json").stdout)
    assert (len(sent["sent"]), sent["refused"]) == (1, [])


def test_letters_of_one_reason_are_sent_again_once_and_shown_as_sent(desk: Desk) -> None:
    first = churn_dlq("redrive", "--reason", "bug", "--json")
    assert first.exit_code == 0
    sent = json.loads(first.stdout)["sent"]
    assert [record.value for _, record in desk.sent_again()] == [activity(USER, 5), activity(USER, 6)]
    assert json.loads(churn_dlq("redrive", "--reason", "bug", "--json").stdout) == {"sent": [], "refused": []}
    listed = json.loads(churn_dlq("list", "--reason", "bug", "--json").stdout)["letters"]
    assert [one["redriven"] for one in listed] == [f"{one['partition']}/{one['offset']}" for one in sent]


def test_what_is_refused_says_why_and_the_rest_goes_out(desk: Desk) -> None:
    undecodable, astray, *_ = desk.letters()
    result = churn_dlq("redrive", str(undecodable.id), str(astray.id), "0/999")
    assert isinstance(result.exception, ContractViolation)
    assert f"{undecodable.id} would be rejected again as undecodable" in result.stderr
    assert "0/999 there is no such dead letter" in result.stderr
    assert result.stdout.startswith(f"{astray.id} → {desk.redrive.topics.events} 1/")
    assert len(desk.sent_again()) == 1


def test_a_letter_is_repaired_from_a_file(desk: Desk, tmp_path: Path) -> None:
    undecodable = str(desk.letters()[0].id)
    repaired = tmp_path / "event.json"
    repaired.write_bytes(activity(USER, 3))
    assert churn_dlq("redrive", undecodable, "--value", repaired).exit_code == 0
    assert [record.value for _, record in desk.sent_again()] == [activity(USER, 3)]
    again = churn_dlq("redrive", undecodable, "--value", repaired)
    assert isinstance(again.exception, ContractViolation)
    assert "was sent again before, to partition 1" in again.stderr


def test_what_cannot_be_meant_is_wrong_usage(desk: Desk, tmp_path: Path) -> None:
    value = tmp_path / "event.json"
    value.write_bytes(b"{}")
    for arguments in ([], ["0/1", "--reason", "bug"], ["0/1", "0/2", "--value", value], ["--reason", "bad"]):
        assert churn_dlq("redrive", *arguments).exit_code == 2
