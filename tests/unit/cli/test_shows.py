"""What `churn models show` and `churn workload show` say."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from cli.console import OUT
from cli.main import app
from schemas.errors import ContractViolation
from schemas.manifests import MANIFEST_FILE
from stream_app.adapters.onnx_scorer import load_manifest, newest_model
from stream_app.core.features.codec import MAX_STATE_BYTES
from stream_app.core.features.plan import compile_workload
from stream_app.workloads import WORKLOADS
from stream_app.workloads.music import WORKLOAD
from tests.support import every_kind
from tests.support.fixture_model import FIXTURE

COMMITTED = Path(__file__).parents[3] / "models"


@pytest.fixture
def where(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with figures, the only one, and no settings but where models stand."""
    there = tmp_path / FIXTURE
    shutil.copytree(models / FIXTURE, there)
    manifest = load_manifest(there)
    manifest = msgspec.structs.replace(manifest, metrics=newest_model(COMMITTED, manifest.workload).metrics)
    (there / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest))
    monkeypatch.setenv("CHURN_MODELS_DIRECTORY", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return there


def churn(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="churn")


def test_a_model_is_shown_with_its_columns_figures_policy_and_digests(where: Path) -> None:
    manifest = load_manifest(where)
    said = churn("models", "show", FIXTURE).stdout
    auc = manifest.metrics["held_out"]["updates"]["auc"]
    told = (
        f"states {manifest.state_digest}, columns {manifest.feature_schema}",
        f"fires at {manifest.policy.enter}, critical at {manifest.policy.critical}, ends below {manifest.policy.leave}",
        "no new alert for 14 days after the end",
        f"{auc['value']:.2f} [{auc['interval'][0]:.2f}, {auc['interval'][1]:.2f}]",
        manifest.sha256,
        "this code runs it",
    )
    assert [text for text in told if text not in said] == []
    lines = {line.split()[0] for line in said.splitlines() if line}
    assert lines.issuperset(manifest.features)


def test_a_model_of_other_features_is_shown_with_what_does_not_fit(where: Path) -> None:
    manifest = json.loads((where / "manifest.json").read_text())
    manifest |= {"state_digest": "0" * 16, "features": ["moon_phase", *manifest["features"][1:]], "metrics": {}}
    (where / "manifest.json").write_text(json.dumps(manifest))
    shown = json.loads(churn("models", "show", FIXTURE, "--json").stdout)
    assert shown["runs_as"] is None
    assert "made for other features" in shown["fit"]
    said = churn("models", "show", FIXTURE).stdout
    assert shown["fit"] in said
    assert "not a feature of this code" in said


def test_what_scores_a_model_is_said_with_why(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "by ONNX Runtime: the graph has Concat in place of a classifier" in churn("models", "show", FIXTURE).stdout
    assert json.loads(churn("models", "show", FIXTURE, "--json").stdout)["scorer"] == "onnxruntime"
    monkeypatch.setenv("CHURN_MODELS_DIRECTORY", str(COMMITTED))
    newest = f"music/{newest_model(COMMITTED, 'music').version}"
    assert "by its compiled graph: not a bit differs" in churn("models", "show", newest).stdout
    assert json.loads(churn("models", "show", newest, "--json").stdout)["scorer"] == "compiled"


def test_a_model_whose_bytes_were_changed_does_not_fit(where: Path) -> None:
    (where / "model.onnx").write_bytes(b"")
    shown = json.loads(churn("models", "show", FIXTURE, "--json").stdout)
    assert shown["runs_as"] is None
    assert "has the bytes that were promoted" in shown["fit"]


def test_a_model_whose_bytes_fit_under_a_later_version_is_said_to_run_as_that(where: Path) -> None:
    shutil.copytree(where, where.parent / "9.0.0")
    for version, changed in (("9.0.0", {"version": "9.0.0"}), (where.name, {"state_digest": "0" * 16})):
        manifest = where.parent / version / "manifest.json"
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changed))
    shown = json.loads(churn("models", "show", FIXTURE, "--json").stdout)
    assert (shown["runs_as"], shown["fit"]) == ("9.0.0", "this code runs its bytes as music/9.0.0")


def test_a_model_that_is_not_there_is_named(where: Path) -> None:
    refused = churn("models", "show", "music/9.9.9")
    assert isinstance(refused.exception, ContractViolation)
    assert f"there is no model in {where.parents[1] / 'music/9.9.9'}" in str(refused.exception)


def test_a_workload_is_shown_with_all_that_it_declares_and_what_a_state_weighs() -> None:
    shown = json.loads(churn("workload", "show", "--json").stdout)
    assert [one["feature"] for one in shown["features"]] == list(WORKLOAD.features)
    assert [one["signal"] for one in shown["signals"]] == [*WORKLOAD.signals, *WORKLOAD.waits]
    assert [(one["tile"], one["tiles"]) for one in shown["tiles"]] == [("5 minutes", 12), ("1 hour", 24), ("1 day", 30)]
    assert shown["state"]["in_memory_bytes"] < shown["state"]["fullest_bytes"] < shown["state"]["bound_bytes"]
    assert shown["state"]["bound_bytes"] == MAX_STATE_BYTES
    assert shown["state_digest"] == compile_workload(WORKLOAD).state_digest


def test_people_read_what_raises_a_signal_and_what_a_feature_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OUT, "width", 160)
    said = {" ".join(line.split()) for line in churn("workload", "show").stdout.splitlines()}
    assert said.issuperset(
        (
            "thumbs_down 1 activity thumbs_down",
            "sentiment 1000 sentiment inbound (its own value)",
            "chat_wait 1000 message outbound after message inbound",
            "thumbs_up_share_30d Share 30d thumbs_up of song thumbs up per song in a month",
            "plan_paid Latest plan missing 0 has a paid plan",
        )
    )


def test_every_kind_of_feature_and_source_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORKLOADS, "every_kind", every_kind.WORKLOAD)
    monkeypatch.setattr(OUT, "width", 200)
    shown = json.loads(churn("workload", "show", "every_kind", "--json").stdout)
    assert [one["kind"] for one in shown["features"]] == [
        type(feature).__name__ for feature in every_kind.WORKLOAD.features.values()
    ]
    people = churn("workload", "show", "every_kind")
    assert people.exception is None
    said = {line.split()[0] for line in people.stdout.splitlines() if line}
    assert said.issuperset((*every_kind.WORKLOAD.features, *every_kind.WORKLOAD.signals))


def test_a_workload_that_there_is_not_is_refused() -> None:
    refused = churn("workload", "show", "bank")
    assert isinstance(refused.exception, ContractViolation)
    assert "no workload 'bank'" in str(refused.exception)
