"""What `churn backtest` is asked for on an event file, and what it says to what it cannot do."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from backtest.variants import read_policy
from cli.main import app
from producers.line_files import write_lines
from schemas.errors import ContractViolation
from schemas.events import ControlData, Policy
from stream_app.adapters.onnx_scorer import load_manifest
from tests.support.event_logs import control, records_of
from tests.support.fixture_model import FIXTURE as MODEL
from tests.support.music_logs import music_lines

LINES = music_lines(8, 300, seed=3)
WATCHFUL: dict[str, Any] = {
    "name": "watchful",
    "version": 1,
    "enter": 0.1,
    "leave": 0.05,
    "critical": 0.9,
    "cooldown_s": 60,
}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An event file in a directory without settings."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "watchful.json").write_text(json.dumps(WATCHFUL))
    write_lines(tmp_path / "log.jsonl", LINES)
    return tmp_path / "log.jsonl"


def churn(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)], prog_name="churn")


def test_a_file_without_control_records_takes_the_newest_model_with_its_own_policy_and_says_so(log: Path) -> None:
    default, named = (
        churn("--events", log, "--json"),
        churn("--events", log, "--model", MODEL, "--policy", "own", "--json"),
    )
    assert default.exception is None
    assert f"taking the newest one, {MODEL}" in default.stderr
    assert "newest" not in named.stderr
    assert json.loads(default.stdout)["rows"] == json.loads(named.stdout)["rows"]
    [row] = json.loads(default.stdout)["rows"]
    assert (row["model"], row["policy"], row["events"], row["churners"]) == (MODEL, "own", len(LINES), 2)


def test_a_file_that_begins_with_a_control_record_obeys_it(log: Path, models: Path) -> None:
    policy = read_policy(Path("watchful.json"))
    [first] = records_of([control(ControlData(model=load_manifest(models / MODEL).reference(), policy=policy))])
    write_lines(log, [first.value or b"", *LINES])
    live, named = churn("--events", log, "--json"), churn("--events", log, "--policy", "watchful.json", "--json")
    rows = [json.loads(result.stdout)["rows"][0] for result in (live, named)]
    assert [(row.pop("model"), row.pop("policy")) for row in rows] == [("live", "live"), ("live", "watchful.json")]
    assert rows[0] == rows[1]
    assert rows[0]["scored"] == len(LINES)


USAGE = {
    "a bound that is no time": (["--from", "soon"], "'soon' is neither a date"),
    "an empty period": (["--from", "2024-03-02", "--to", "2024-03-02"], "nothing would be counted"),
    "a model without version": (["--model", "music"], "no NAME/VERSION"),
    "a gap between commas": (["--model", f"{MODEL},"], "empty name"),
    "a policy that is not there": (["--policy", "no.json"], "there is no file 'no.json'"),
    "live without a control record": (["--model", "live"], "nothing is live there"),
    "alerts of two rows": (["--policy", "own,watchful.json", "--alerts", "a.jsonl"], "not 2 rows"),
}


@pytest.mark.parametrize("case", USAGE)
def test_options_that_cannot_be_are_wrong_usage_with_a_sentence(log: Path, case: str) -> None:
    arguments, says = USAGE[case]
    result = churn("--events", log, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in " ".join(result.stderr.replace("│", " ").split())


def test_a_model_that_is_not_there_is_named(log: Path) -> None:
    result = churn("--events", log, "--model", "music/9.9.9")
    assert isinstance(result.exception, ContractViolation)
    assert "there is no model in" in str(result.exception)


def test_a_line_that_is_no_event_is_named(log: Path) -> None:
    write_lines(log, [*LINES[:5], b'{"time": 1}', *LINES[5:]])
    result = churn("--events", log)
    assert isinstance(result.exception, ContractViolation)
    assert f"{log}:6: this line is no event" in str(result.exception)


def test_an_event_dated_too_far_ahead_is_a_dead_letter_as_it_is_live(log: Path) -> None:
    ahead = json.loads(LINES[0]) | {"time": "2031-01-01T00:00:00.000Z"}
    write_lines(log, [*LINES[:5], json.dumps(ahead).encode(), *LINES[5:]])
    summary = json.loads(churn("--events", log, "--json").stdout)
    assert (summary["dead_letters"], summary["rows"][0]["events"]) == (1, len(LINES))


def test_figures_over_nothing_are_refused(log: Path) -> None:
    write_lines(log.with_name("none.jsonl"), [])
    for result in (churn("--events", log, "--from", "2031-01-01"), churn("--events", log.with_name("none.jsonl"))):
        assert isinstance(result.exception, ContractViolation)
        assert "was counted" in str(result.exception)
        assert result.stdout == ""


def renamed(lines: list[bytes], names: dict[str, str]) -> list[bytes]:
    events = [json.loads(line) for line in lines]
    for event in events:
        if "action" in event["data"]:
            event["data"]["action"] = names.get(event["data"]["action"], event["data"]["action"])
    return [json.dumps(event).encode() for event in events if "action" in event["data"]]


def test_a_log_of_which_the_workload_knows_nothing_is_refused(log: Path) -> None:
    actions = {json.loads(line)["data"].get("action", "") for line in LINES}
    write_lines(log, renamed(LINES, {action: f"shop_{action}" for action in actions}))
    result = churn("--events", log)
    assert isinstance(result.exception, ContractViolation)
    assert "says anything that the workload music knows" in str(result.exception)


def test_a_log_in_which_nobody_leaves_is_told_with_the_acts_that_would_count(log: Path) -> None:
    write_lines(log, renamed(LINES, {"cancel": "close_account", "cancellation_confirmation": "close_account"}))
    result = churn("--events", log, "--json")
    assert json.loads(result.stdout)["rows"][0]["churners"] == 0
    assert "does what counts as churn for the workload music (cancel, cancellation_confirmation)" in result.stderr
    write_lines(log, renamed(LINES, {"cancel": "cancellation_confirmation"}))
    assert json.loads(churn("--events", log, "--json").stdout)["rows"][0]["churners"] == 2


@pytest.mark.parametrize("order", ["by user", "newest first", "two exports"])
def test_a_log_that_is_not_in_the_order_of_time_gives_the_figures_of_the_one_that_is(log: Path, order: str) -> None:
    right = json.loads(churn("--events", log, "--json").stdout)
    users = [json.loads(line)["subject"] for line in LINES]
    mixed = {
        "by user": [line for _, line in sorted(zip(users, LINES, strict=True), key=lambda pair: pair[0])],
        "newest first": LINES[::-1],
        "two exports": [*LINES[::2], *LINES[1::2]],
    }
    write_lines(log, mixed[order])
    result = churn("--events", log, "--json")
    assert json.loads(result.stdout)["rows"] == right["rows"]
    assert "log.jsonl is not in the order of time" in result.stderr


def test_a_file_may_come_through_the_standard_input(log: Path) -> None:
    piped = CliRunner().invoke(app, ["backtest", "--events", "-", "--json"], input=log.read_bytes())
    told = [json.loads(text) for text in (piped.stdout, churn("--events", log, "--json").stdout)]
    assert told[0]["rows"] == told[1]["rows"]
    assert told[0]["source"] == "standard input"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("p.json", "{}", "is no policy"),
        ("p.toml", "name = ", "is no policy"),
        ("p.json", json.dumps(WATCHFUL | {"leave": 0.5}), "leave <= enter <= critical"),
        ("p.json", "\udcff", "is no policy"),
    ],
)
def test_a_policy_that_cannot_work_is_refused_in_a_sentence(log: Path, name: str, content: str, says: str) -> None:
    Path(name).write_text(content, errors="surrogateescape")
    result = churn("--events", log, "--policy", name)
    assert isinstance(result.exception, ContractViolation)
    assert says in str(result.exception)


def test_a_policy_may_be_written_as_json_or_toml(log: Path) -> None:
    toml = log.with_suffix(".toml")
    toml.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in WATCHFUL.items()))
    assert read_policy(toml) == read_policy(Path("watchful.json")) == Policy(**WATCHFUL)
