"""A checkout of this project: this one, or another of whatever version, with libraries and models of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.errors import ContractViolation

_COMMAND_LINES: Final = ("cli", "stream_app.cli")
"""The packages that may hold the command line, the newest place first."""


@dataclass(frozen=True)
class Checkout:
    """`python -m package` in the directory is its `churn`."""

    directory: Path
    python: Path
    package: str

    @property
    def churn(self) -> tuple[str, ...]:
        """The command to which a subcommand and its options are added."""
        return (str(self.python), "-m", self.package)

    @property
    def models(self) -> Path:
        """Where its models stand."""
        return self.directory / "models"

    @property
    def environment(self) -> dict[str, str]:
        """Has its code and its models used, wherever its interpreter would find others."""
        return {"PYTHONPATH": str(self.directory), "CHURN_MODELS_DIRECTORY": str(self.models)}

    @property
    def commit(self) -> str | None:
        """What is checked out; None outside a repository."""
        asked = ["git", "rev-parse", "HEAD"]
        try:
            run = subprocess.run(asked, cwd=self.directory, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return None
        return run.stdout.strip() if run.returncode == 0 else None


HERE: Final = Checkout(Path(__file__).parents[1], Path(sys.executable), _COMMAND_LINES[0])
"""The checkout that this code stands in, under the interpreter that runs it."""


def checkout_at(directory: Path) -> Checkout:
    """Another checkout, under its own interpreter. Raises ContractViolation where there is none that can work."""
    where = directory.resolve()
    packages = [name for name in _COMMAND_LINES if (where / name.replace(".", "/") / "__main__.py").is_file()]
    if not packages:
        raise ContractViolation(
            f"{directory} is no checkout of this project: `git worktree add DIRECTORY COMMIT` makes one"
        )
    python = where / ".venv" / "bin" / "python"
    if not python.is_file():
        raise ContractViolation(f"{directory} has no .venv to run its worker in: run `make setup` there")
    return Checkout(where, python, packages[0])
