"""Brings states back from an export, as an operator would do after Redis has lost everything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.chaos.stand import Stand
from schemas.errors import Transient

_WITHIN_S = 60.0


def export(stand: Stand) -> None:
    """Put all states into files, in place of the last export."""
    shutil.rmtree(_directory(stand), ignore_errors=True)
    _churn(stand, "export-state")


def restore(stand: Stand) -> None:
    """Read the last export back, while no worker is there."""
    _churn(stand, "import-state")


def churn_command(*arguments: str) -> list[str]:
    """How `churn` is run in a process of its own."""
    return [sys.executable, "-m", "stream_app.cli", *arguments]


def _directory(stand: Stand) -> Path:
    return stand.plan.directory / "export"


def _churn(stand: Stand, command: str) -> None:
    run = subprocess.run(
        churn_command(command, str(_directory(stand))),
        env={**os.environ, **stand.direct_environment()},
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
    )
    if run.returncode != 0:
        raise Transient(f"churn {command} failed: {run.stderr.strip()}")
