"""How a process of ours ends."""

import signal
import sys
import time
from pathlib import Path

import pytest

from stack.processes import ChildProcess

WITHIN_S = 10.0
POLITE = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def started(manners: str, log: Path) -> ChildProcess:
    """A process that says on what it stands, once it has its manners, and then does nothing."""
    code = f"import os, signal, sys, time; {manners}; print(os.environ['GROUND'], flush=True); time.sleep(600)"
    process = ChildProcess([sys.executable, "-c", code], {"GROUND": "rock"}, log)
    deadline = time.monotonic() + WITHIN_S
    while log.read_text() != "rock\n" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert log.read_text() == "rock\n"
    assert process.exit_code is None
    return process


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "process.log"


def test_one_that_is_asked_to_end_ends_as_it_likes(log: Path) -> None:
    process = started(POLITE, log)
    process.stop(WITHIN_S)
    assert process.exit_code == 7


def test_one_that_does_not_end_when_asked_is_killed(log: Path) -> None:
    process = started(STUBBORN, log)
    process.stop(0.2)
    assert process.exit_code == -signal.SIGKILL


def test_one_that_is_killed_is_not_asked(log: Path) -> None:
    process = started(POLITE, log)
    process.kill()
    assert process.exit_code == -signal.SIGKILL


def test_one_that_stands_still_is_killed_all_the_same_and_stopping_it_again_does_nothing(log: Path) -> None:
    process = started(POLITE, log)
    process.signal(signal.SIGSTOP)
    process.stop(0.2)
    process.stop()
    process.kill()
    assert process.exit_code == -signal.SIGKILL
