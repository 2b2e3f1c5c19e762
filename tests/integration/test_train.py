"""`churn train` from a log to an artefact that a worker takes, and what is known of the artefact in the repository."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from backtest.usefulness import Audience, Usefulness, usefulness
from cli.main import app
from cli.models.train import START_MS
from producers.event_files import write_events
from producers.line_files import write_lines
from producers.simulator import simulate
from schemas.alerts import Alert
from schemas.errors import ContractViolation
from schemas.instants import parse_instant
from schemas.manifests import Manifest
from stream_app.adapters.onnx_scorer import load_manifest, load_model, newest_model
from stream_app.bootstrap.engine import control_for, engine_for
from stream_app.core.event_lines import EventLines
from stream_app.core.replay import Replay
from stream_app.workloads import music
from training.judging.looks import LEDGER_FILE, read_looks

USERS, DAYS, SEED = 400, 60, 2
DEMO_SEED = 4711
LIMIT = "- Only people who like music were asked.\n"


def churn_train(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, arguments)], prog_name="churn")


@dataclass(frozen=True)
class Trained:
    """The directory of the models, the artefact's own, and what the command said."""

    models: Path
    where: Path
    result: Result

    @property
    def manifest(self) -> Manifest:
        return load_manifest(self.where)

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.result.stdout)
        return report


def in_sparkify_form(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The activities of a log as rows of a Sparkify log."""
    for line in lines:
        event = json.loads(line)
        if event["type"] == "churn.activity.v1":
            time_ms, page = parse_instant(event["time"]), event["data"]["action"]
            yield json.dumps({"ts": time_ms, "userId": event["subject"], "page": page}).encode()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trained on a simulated log that came in an event file, and judged on another that passes for the real one."""
    models = tmp_path_factory.mktemp("models")
    log, real = models / "log.jsonl.gz", models / "real.jsonl"
    write_events(log, simulate(USERS, DAYS, SEED, START_MS))
    write_lines(real, in_sparkify_form(simulate(100, DAYS, SEED + 1, START_MS)))
    (models / "music").mkdir()
    (models / "music" / "limits.md").write_text(LIMIT)
    result = churn_train(
        "music", "--events", log, "--real", real, "--seed", str(SEED), "--out", models, "--version", "0.1.0", "--json"
    )
    assert result.exception is None, result.stderr
    return Trained(models, models / "music" / "0.1.0", result)


def replayed(manifest: Manifest, models: Path, lines: Sequence[bytes]) -> tuple[Audience, list[Alert]]:
    """Who was in a log, and the alerts that a model gives on it."""
    replay = Replay(engine_for("music", models, "customer-events"))
    replay.put_in_force(control_for(manifest, START_MS).data)
    audience, alerts = Audience(music.WORKLOAD.churn), []
    for chunk in EventLines(lines).chunks():
        for step in replay.apply(chunk):
            audience.see(step.intake.events)
            alerts += step.advance.alerts
    return audience, alerts


def demo_month(seed: int) -> list[bytes]:
    return list(simulate(300, 30, seed, START_MS))


def worth(manifest: Manifest, models: Path, seed: int) -> tuple[Usefulness, int]:
    audience, alerts = replayed(manifest, models, demo_month(seed))
    return usefulness(audience, alerts), len(audience.users)


def test_an_artefact_has_a_graph_a_manifest_a_card_and_its_plots(trained: Trained) -> None:
    names = {path.name for path in trained.where.iterdir()}
    card = (trained.where / "MODEL_CARD.md").read_text()
    pictures = set(re.findall(r"!\[[^]]+\]\(([^)]+)\)", card))
    assert len(pictures) == 5
    assert names == {"MODEL_CARD.md", "manifest.json", "model.onnx"} | pictures
    for figure in (trained.manifest.policy.enter, trained.manifest.data["sha256"], trained.manifest.features[-1]):
        assert str(figure) in card
    assert "{" not in card
    assert "Not for" in card
    assert f"reading scores as probabilities.\n{LIMIT}" in card


def test_a_worker_takes_the_artefact_and_scores_with_it(trained: Trained) -> None:
    _, alerts = replayed(trained.manifest, trained.models, demo_month(seed=101))
    assert {alert.data.status for alert in alerts} >= {"firing", "resolved"}
    assert {alert.data.model for alert in alerts} == {trained.manifest.reference()}


def test_an_artefact_of_other_bytes_than_were_promoted_is_refused(trained: Trained, tmp_path: Path) -> None:
    where = tmp_path / "music" / "0.1.0"
    where.mkdir(parents=True)
    for file in trained.where.iterdir():
        (where / file.name).write_bytes(file.read_bytes())
    with (where / "model.onnx").open("ab") as model:
        model.write(b"\0")
    with pytest.raises(ContractViolation, match="no version below"):
        load_model(tmp_path, trained.manifest.reference(), lambda manifest: True)


def test_one_json_object_on_stdout_says_what_was_made_of_what_and_how_good_it_is(trained: Trained) -> None:
    assert trained.result.stdout.count("\n") == 1
    report, manifest = trained.report, trained.manifest
    assert (report["sha256"], report["data"], report["metrics"]) == (manifest.sha256, manifest.data, manifest.metrics)
    assert report["bytes"] == (trained.where / "model.onnx").stat().st_size
    assert (manifest.data["users"], manifest.data["days"], manifest.data["unusable"]) == (USERS, DAYS, 0)
    assert manifest.metrics["export"]["max_difference"] < 1e-5
    assert manifest.metrics["held_out"]["daily"]["user_auc"]["interval"][1] > 0.5


def test_the_real_log_is_judged_beside_the_held_out_users_and_the_look_is_noted(trained: Trained) -> None:
    real = trained.report["metrics"]["real"]
    assert (real["log"]["source"], real["log"]["days"], real["log"]["unusable"]) == ("real.jsonl", DAYS, 0)
    assert real["updates"].keys() == real["daily"].keys() == trained.report["metrics"]["held_out"]["daily"].keys()
    assert real["daily"]["groups"]["users who chat with support"]["users"] == 0
    (look,) = read_looks(trained.models / "music" / LEDGER_FILE)
    assert (look.model, look.times) == ("0.1.0", 1)
    assert f"{real['updates']['auc']['value']:.3f}" in look.figure
    card = (trained.where / "MODEL_CARD.md").read_text()
    assert "## On the real log" in card
    assert "Looks up to this card: **1**" in card
    assert look.figure in card


def test_a_real_log_that_is_none_is_refused_before_anything_is_learnt_and_no_look_is_noted(tmp_path: Path) -> None:
    real = tmp_path / "real.jsonl"
    real.write_text("no row\n")
    result = churn_train("music", "--real", real, "--out", tmp_path)
    assert isinstance(result.exception, ContractViolation)
    assert "is no row of a Sparkify log" in str(result.exception)
    assert not (tmp_path / "music").exists()


def test_thresholds_are_in_order_and_alert_a_tenth_of_the_validation_users(trained: Trained) -> None:
    policy, tried = trained.manifest.policy, trained.manifest.metrics["policy"]
    assert policy.leave < policy.enter < policy.critical
    assert 0.05 <= tried["alerted_share"] <= 0.10
    assert policy.cooldown_s == 14 * 86_400


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trained on the same log, which the command simulates by itself, and so beside a ceiling."""
    models = tmp_path_factory.mktemp("again")
    arguments = ["--users", str(USERS), "--days", str(DAYS), "--seed", str(SEED), "--rollouts", "2"]
    result = churn_train("music", *arguments, "--out", models, "--version", "0.1.0")
    assert result.exception is None, result.stderr
    return Trained(models, models / "music" / "0.1.0", result)


def test_the_same_events_and_seed_give_the_same_artefact_from_a_file_or_simulated(
    trained: Trained, simulated: Trained
) -> None:
    model = "model.onnx"
    assert (simulated.where / model).read_bytes() == (trained.where / model).read_bytes()
    alone, beside = simulated.manifest, trained.manifest
    assert alone.data.pop("source") == f"simulated with seed {SEED}"
    assert beside.data.pop("source") == "log.jsonl.gz"
    assert [alone.metrics.pop("rollouts"), beside.metrics.pop("rollouts")] == [2, 0]
    del beside.metrics["real"]
    for figures in alone.metrics["held_out"].values():
        del figures["ceiling"]
    assert alone == beside


def test_a_simulated_log_is_judged_beside_its_ceiling(simulated: Trained) -> None:
    for figures in simulated.manifest.metrics["held_out"].values():
        ceiling = figures["ceiling"]
        assert 0 < ceiling["snapshots"] <= 5000
        assert ceiling["model_auc"]["value"] is not None
        assert 0 < ceiling["oracle_auc"]["value"] <= 1
        assert ceiling["lead_time"]["oracle"]["churners"] == ceiling["lead_time"]["model"]["churners"] > 0
        assert ceiling["oracle_log_loss"]["value"] > 0
    card = (simulated.where / "MODEL_CARD.md").read_text()
    for words in ("Beside the ceiling", "log loss above the ceiling", "names no more of them than the model"):
        assert words in card
    assert "AUC below it" in simulated.result.stdout


def test_a_version_that_exists_is_refused_before_anything_is_read(trained: Trained, tmp_path: Path) -> None:
    (unread := tmp_path / "unread").write_text("no event")
    result = churn_train("music", "--events", unread, "--out", trained.models, "--version", "0.1.0")
    assert isinstance(result.exception, ContractViolation)
    assert "versions never change: choose another one with --version" in str(result.exception)


@pytest.mark.parametrize("option", ["--users", "--days", "--rollouts"])
def test_what_is_said_of_a_simulation_is_refused_beside_an_event_file(option: str, tmp_path: Path) -> None:
    (events := tmp_path / "events.jsonl").touch()
    result = churn_train("music", "--events", events, option, "70", "--out", tmp_path)
    assert result.exit_code == 2
    assert f"Invalid value for {option}: it is about a simulated log" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--users", "40", "--days", "59"], "the log spans 59 days: at least 60 are needed"),
        (["--users", "15", "--days", "60"], "train users churn within the horizon of a snapshot and 20 are needed"),
    ],
)
def test_a_log_that_is_too_short_or_too_quiet_is_refused(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    result = churn_train("music", *arguments, "--out", tmp_path)
    assert isinstance(result.exception, ContractViolation)
    assert sentence in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_a_workload_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    result = churn_train("no-such", "--out", tmp_path)
    assert isinstance(result.exception, ContractViolation)
    assert "there is no workload 'no-such'" in str(result.exception)


@pytest.mark.parametrize("seed", [101, 103, DEMO_SEED])
def test_the_committed_model_names_churners_of_seeds_that_it_never_saw(seed: int, committed_bytes: Path) -> None:
    manifest = newest_model(committed_bytes, "music")
    assert manifest.data["seed"] != seed
    found, users = worth(manifest, committed_bytes, seed)
    assert 0.05 <= found.users_alerted / users <= 0.15
    assert found.precision >= 2 * found.base_rate
