"""The page on upgrading gives commands that exist and a model that is there, and says what cannot be taken along."""

import re

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.table import COMMANDS
from stream_app.adapters.onnx_scorer import newest_model
from tests.support.dashboards import REPOSITORY

PAGE = (REPOSITORY / "docs" / "runbook" / "upgrading.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line.strip() for block in BLOCKS for line in block.splitlines()]
NAMES = sorted((listed.name for room in COMMANDS.values() for listed in room), key=len, reverse=True)


def test_the_page_goes_from_looking_to_verifying() -> None:
    assert [line for line in LINES if line.startswith("churn ")] == [
        "churn verify",
        "churn export-state exports/before-upgrading",
        "churn models list",
        "churn backtest",
        "churn work",
        "churn verify",
        "churn models promote music/0.6.0",
    ]


@pytest.mark.parametrize("line", sorted({line for line in LINES if line.startswith("churn ")}))
def test_every_command_exists(line: str) -> None:
    words = line.removeprefix("churn ")
    name = next(name for name in NAMES if words == name or words.startswith(f"{name} "))
    assert CliRunner().invoke(app, [*name.split(), "--help"]).exit_code == 0


def test_the_model_that_is_put_in_force_is_the_newest_one() -> None:
    assert re.findall(r"promote music/(\S+)", PAGE) == [newest_model(REPOSITORY / "models", "music").version]


def test_it_says_that_a_log_without_its_beginning_cannot_be_taken_along() -> None:
    assert "A log without its beginning cannot be taken along yet" in PAGE
