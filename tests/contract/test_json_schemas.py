"""The committed JSON Schemas and the types say the same."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cli.data import schemas as command
from schemas import json_schema
from schemas.errors import ContractViolation
from schemas.events import USER_EVENTS, Envelope

every_type = pytest.mark.parametrize("record", json_schema.RECORD_TYPES, ids=json_schema.short_name)


def test_the_committed_schemas_say_what_the_types_say() -> None:
    assert json_schema.drifted() == [], "run `churn schemas --write` and commit the result"


@every_type
def test_a_document_is_valid_json_schema(record: type[Envelope]) -> None:
    Draft202012Validator.check_schema(json_schema.document(record))


@every_type
def test_a_document_is_named_by_a_urn_with_its_version(record: type[Envelope]) -> None:
    document = json_schema.document(record)
    assert document["$id"] == f"urn:churn:schema:{json_schema.short_name(record)}:v1"
    assert document["$schema"].endswith("2020-12/schema")


@every_type
def test_every_object_is_described_and_open(record: type[Envelope]) -> None:
    document = json_schema.document(record)
    for definition in (document, *document["$defs"].values()):
        assert definition["title"]
        assert definition["description"]
        assert definition.get("additionalProperties", True) is True


@every_type
def test_only_user_events_must_have_a_subject(record: type[Envelope]) -> None:
    assert ("subject" in json_schema.document(record)["required"]) == (record in USER_EVENTS)


def test_a_changed_a_missing_and_a_surplus_file_are_drift_and_writing_mends_all_three(tmp_path: Path) -> None:
    json_schema.write(tmp_path)
    (tmp_path / "activity.v1.json").write_text(json.dumps({"title": "Activity"}))
    (tmp_path / "alert.v1.json").unlink()
    (tmp_path / "weather.v1.json").write_text("{}")
    drift = ["activity.v1.json", "alert.v1.json", "weather.v1.json"]
    assert json_schema.drifted(tmp_path) == drift
    assert json_schema.write(tmp_path) == drift
    assert json_schema.drifted(tmp_path) == []


def test_the_command_refuses_drift_and_says_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "drifted", lambda: ["alert.v1.json"])
    with pytest.raises(ContractViolation, match=r"alert\.v1\.json.*churn schemas --write"):
        command.schemas(write=False)


def test_the_command_agrees_with_the_committed_files(capsys: pytest.CaptureFixture[str]) -> None:
    command.schemas(write=False)
    assert "agree with the types" in capsys.readouterr().out
