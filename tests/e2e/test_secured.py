"""The whole path on a broker with SASL_SSL and an authoriser, and a Redis with ACL behind TLS, least rights for all."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.console import EXIT_UNREACHABLE
from operations.rights.roles import ROLES, Role
from stack.worker_process import WorkerProcess
from tests.support.music_logs import music_lines
from tests.support.secured_stand import PASSWORDS, SecuredStand
from tests.support.waiting import wait_until

WITHIN_S = 240.0
PARTITIONS = 2
EVENTS = 400


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[SecuredStand]:
    made = SecuredStand(tmp_path_factory.mktemp("secured"), jars)
    yield made
    made.stop()


@pytest.fixture
def name(stand: SecuredStand) -> Iterator[str]:
    """Of a deployment on which each role has its rights and nobody any other."""
    unique = f"t{secrets.token_hex(3)}-"
    for role in ROLES:
        stand.grant(role, unique)
    yield unique
    stand.kafka.revoke_all()


def churn(stand: SecuredStand, role: Role, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CHURN_PARTITIONS": str(PARTITIONS), **stand.deployment(role, name).environment}
    command = [sys.executable, "-m", "cli", *arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    for secret in PASSWORDS.values():
        assert secret not in run.stdout + run.stderr
    return run


def told(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def verify(stand: SecuredStand, name: str) -> subprocess.CompletedProcess[str]:
    """On a machine that is very busy, the only broker is without its partitions for moments: exit code 3."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        run = churn(stand, "operations", name, "verify", "--json")
        if run.returncode != EXIT_UNREACHABLE or time.monotonic() > deadline:
            return run


@contextmanager
def working(stand: SecuredStand, name: str, log: Path) -> Iterator[WorkerProcess]:
    """A worker that is ready, and stopped at the end."""
    worker = WorkerProcess(stand.deployment("worker", name).environment, log)
    try:
        _wait_until(lambda: bool(worker.probe()["ready"]), worker)
        yield worker
    finally:
        worker.stop()


def _wait_until(true: Callable[[], bool], worker: WorkerProcess) -> None:
    def reached() -> bool:
        worker.must_run()
        return true()

    wait_until(reached, "the worker comes on", WITHIN_S)


@pytest.mark.timeout(600)
def test_the_whole_path_runs_with_the_least_rights_of_each_role(stand: SecuredStand, name: str, tmp_path: Path) -> None:
    told(churn(stand, "operations", name, "topics", "create", "--json"))
    lines, log = tmp_path / "events.jsonl", tmp_path / "worker.log"
    lines.write_bytes(b"\n".join(music_lines(20, EVENTS, seed=3)))
    sent = told(churn(stand, "producer", name, "produce", "events", str(lines), "--json"))["sent"]
    with working(stand, name, log) as worker:
        _wait_until(lambda: worker.applied() >= sent + PARTITIONS, worker)
        seen = churn(stand, "subscriber", name, "alerts", "--from-start", "--limit", "1", "--json")
        assert seen.returncode == 0, seen.stderr
        assert json.loads(seen.stdout)["data"]["user_ref"].startswith("u")
        verified = told(verify(stand, name))
        assert verified["exact"]
        assert verified["events"] == sent
    assert not [secret for secret in PASSWORDS.values() if secret in log.read_text()]
