"""`churn train` for a workload: what its log may come from."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from producers.line_files import write_lines
from producers.registry import reader_named, simulator_named
from schemas.errors import ContractViolation
from stream_app.workloads import WORKLOADS
from tests.support import every_kind
from tests.support.event_logs import LogWriter, at


@pytest.fixture
def another_workload(monkeypatch: pytest.MonkeyPatch) -> str:
    """A workload that declares neither a simulator nor a form of real logs."""
    monkeypatch.setitem(WORKLOADS, "every_kind", every_kind.WORKLOAD)
    return every_kind.WORKLOAD.name


def churn_train(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, arguments)], prog_name="churn")


def test_a_workload_without_a_simulator_is_refused_without_a_file_of_its_events(
    another_workload: str, tmp_path: Path
) -> None:
    result = churn_train(another_workload, "--out", tmp_path)
    assert result.exit_code == 2
    told = " ".join(result.stderr.replace("│", " ").split())
    assert "Invalid value for --events: workload 'every_kind' has no simulator" in told
    assert "name a file of its events to learn from" in told
    assert not list(tmp_path.iterdir())


def test_a_workload_without_a_simulator_learns_from_a_file_of_its_events(another_workload: str, tmp_path: Path) -> None:
    log, events = LogWriter(), tmp_path / "events.jsonl"
    log.does("play", at())
    write_lines(events, [record.value or b"" for record in log.records()])
    result = churn_train(another_workload, "--events", events, "--out", tmp_path / "models")
    assert isinstance(result.exception, ContractViolation)
    assert "the log spans 0 days: at least 60 are needed" in str(result.exception)


def test_real_logs_are_event_files_unless_the_workload_names_another_form(tmp_path: Path) -> None:
    file = tmp_path / "real.jsonl"
    file.write_text('{"ts": 1704067200000, "userId": "7", "page": "NextSong"}\n')
    (event,) = reader_named("sparkify")(file)
    assert msgspec.json.decode(event)["data"]["action"] == "next_song"
    with pytest.raises(ContractViolation, match=r"real\.jsonl:1: this line is no event"):
        list(reader_named("")(file))


@pytest.mark.parametrize("look_up", [simulator_named, reader_named])
def test_a_name_that_nothing_has_is_refused_with_those_that_exist(look_up: Callable[[str], object]) -> None:
    with pytest.raises(ContractViolation, match=r"'no-such', which does not exist: let it name one of \w+"):
        look_up("no-such")


def test_every_workload_names_sources_of_logs_that_exist() -> None:
    for workload in WORKLOADS.values():
        reader_named(workload.real_log)
        if workload.simulator:
            simulator_named(workload.simulator)
