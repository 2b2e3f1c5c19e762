"""What `churn work` is told on the command line."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.work import work as command
from stream_app.settings import Settings


class Asked(Exception):
    """The settings that a worker was asked for with."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings


def refuse(settings: Settings) -> None:
    raise Asked(settings)


def settings_of_worker(monkeypatch: pytest.MonkeyPatch, *options: str) -> Settings:
    monkeypatch.setattr(command, "run_worker", refuse)
    raised = CliRunner().invoke(app, ["work", *options]).exception
    assert isinstance(raised, Asked)
    return raised.settings


def test_options_are_settings_of_the_worker_and_stand_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_WEB_PORT", "7001")
    environment = dict(os.environ)
    found = settings_of_worker(monkeypatch, "--port", "7002", "--trace", "scores.trace")
    assert (found.web_port, found.trace_file) == (7002, Path("scores.trace"))
    assert dict(os.environ) == environment


def test_without_options_a_worker_has_the_settings_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_WEB_PORT", "7001")
    monkeypatch.setenv("CHURN_TRACE_FILE", "live.trace")
    found = settings_of_worker(monkeypatch)
    assert (found.web_port, found.trace_file) == (7001, Path("live.trace"))
