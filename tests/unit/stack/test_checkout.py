"""A checkout is run by its own interpreter, its own code and its own models, wherever its command line stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import ContractViolation
from stack.checkout import HERE, checkout_at


def a_checkout(directory: Path, package: str) -> Path:
    (directory / package).mkdir(parents=True)
    (directory / package / "__main__.py").write_text("import where\n\nprint(where.HERE)\n")
    (directory / "where.py").write_text(f"HERE = {str(directory)!r}\n")
    (directory / ".venv" / "bin").mkdir(parents=True)
    (directory / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return directory


@pytest.mark.parametrize("package", ["cli", "stream_app/cli"])
def test_the_command_runs_the_code_of_the_checkout_whatever_stands_on_the_path(package: str, tmp_path: Path) -> None:
    elsewhere = a_checkout(tmp_path / "elsewhere", package)
    found = checkout_at(a_checkout(tmp_path / "asked", package))
    environment = {**os.environ, "PYTHONPATH": str(elsewhere), **found.environment}
    ran = subprocess.run(
        found.churn, cwd=found.directory, env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    assert ran.stdout.strip() == str(found.directory)
    assert environment["CHURN_MODELS_DIRECTORY"] == str(found.directory / "models")


def test_what_is_no_checkout_or_cannot_run_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ContractViolation, match="git worktree add"):
        checkout_at(tmp_path)
    bare = a_checkout(tmp_path / "bare", "cli")
    (bare / ".venv" / "bin" / "python").unlink()
    with pytest.raises(ContractViolation, match="make setup"):
        checkout_at(bare)


def test_the_commit_is_what_is_checked_out_and_none_outside_a_repository(tmp_path: Path) -> None:
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=HERE.directory, capture_output=True, text=True, check=False
    )
    assert HERE.commit == (asked.stdout.strip() or None)
    assert checkout_at(a_checkout(tmp_path / "loose", "cli")).commit is None
