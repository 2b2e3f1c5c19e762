"""Ninety seconds of kills, pauses, losses and cut requests leave what one uninterrupted fold would have made."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proofs.chaos.faults.kinds import KINDS
from proofs.chaos.report import ZERO
from tests.support.ctrl_c import HEEDING_CTRL_C

pytestmark = pytest.mark.alone

REPOSITORY = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "cli", "chaos", "--json"]


def processes(directory: Path) -> list[int]:
    """What runs in a directory, or was reported of it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            reported = (process / "environ").read_text() + (process / "cmdline").read_text()
            within = os.readlink(process / "cwd").startswith(str(directory))
        except OSError:
            continue
        if within or f"={directory}" in reported:
            found.append(int(process.name))
    return found


@pytest.mark.timeout(600)
def test_every_kind_of_fault_leaves_everything_exact(tmp_path: Path, jars: Path) -> None:
    ledger, keep = tmp_path / "ledger.jsonl", tmp_path / "kept"
    arguments = ["--minutes", "1.5", "--seed", "5", "--ledger", str(ledger), "--keep", str(keep)]
    done = subprocess.run([*COMMAND, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(done.stdout)
    assert facts["outcome"] == "exact"
    assert facts["sent"]["lost"] == 0
    assert {figure: facts["verify"][figure] for figure in ZERO} == dict.fromkeys(ZERO, 0)
    assert facts["verify"]["events"] > 100_000
    assert {kind: fault["count"] > 0 for kind, fault in facts["faults"].items()} == {
        fault.kind: True for fault in KINDS
    }
    assert facts["commits_refused"] > 0
    assert facts["fenced"] > 0
    assert facts["redis_kills_with_loss"] > 0
    assert json.loads(ledger.read_text())["outcome"] == "exact"
    assert processes(keep) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_ctrl_c_stops_everything_and_leaves_no_process(tmp_path: Path, jars: Path) -> None:
    keep = tmp_path / "kept"
    running = subprocess.Popen(
        [*HEEDING_CTRL_C, *COMMAND, "--minutes", "5", "--keep", str(keep)],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60.0
    while len(processes(keep)) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    while "partitions_assigned" not in (keep / "logs" / "worker-0.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert processes(keep) == []
