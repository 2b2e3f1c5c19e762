"""Ruff keeps clocks, chance, I/O, the environment and logs out of the core: one planted line is refused."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CORE = Path("stream_app/core")
MODULE = """\"\"\"Planted.\"\"\"

{imports}


def impure() -> object:
    \"\"\"What it should not.\"\"\"
    return {expression}
"""


def refusals(directory: Path) -> str:
    """What ruff has against the core of a tree; nothing if it passes."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", str(CORE)]
    checked = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert checked.returncode in (0, 1), checked.stderr
    return checked.stdout if checked.returncode else ""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The core and what its rules are made of, to be spoilt."""
    for packages in ("schemas", "stream_app"):
        shutil.copytree(REPOSITORY / packages, tmp_path / packages, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_core_is_pure(tree: Path) -> None:
    assert refusals(REPOSITORY) == ""
    assert refusals(tree) == ""


@pytest.mark.parametrize(
    ("imports", "expression", "refusal"),
    [
        ("import time", "time.time()", "`time` is banned"),
        ("from time import monotonic", "monotonic()", "`time` is banned"),
        ("from datetime import datetime", "datetime.now()", "`datetime` is banned"),
        ("from datetime import UTC, datetime", "datetime.now(UTC)", "`datetime` is banned"),
        ("import random", "random.random()", "`random` is banned"),
        ("import numpy as np", "np.random.default_rng()", "`numpy.random` is banned"),
        ("import uuid", "uuid.uuid4()", "`uuid` is banned"),
        ("import os", 'os.environ["HOME"]', "`os` is banned"),
        ("from os import environ", 'environ["HOME"]', "`os` is banned"),
        ("import math", 'open("/dev/null"), math.pi', "PTH123"),
        ("from pathlib import Path", 'Path("/dev/null").read_text()', "`pathlib` is banned"),
        ("import numpy as np", 'np.load("/dev/null")', "`numpy.load` is banned"),
        ("import socket", "socket.socket()", "`socket` is banned"),
        ("import logging", "logging.getLogger()", "`logging` is banned"),
        ("import structlog", "structlog.get_logger()", "`structlog` is banned"),
        ("import math", "print(math.pi)", "T201"),
    ],
)
def test_a_planted_impurity_is_refused(tree: Path, imports: str, expression: str, refusal: str) -> None:
    planted = tree / CORE / "planted.py"
    planted.write_text(MODULE.format(imports=imports, expression=expression))
    lines = refusals(tree).splitlines()
    assert [line for line in lines if line.startswith(f"{CORE}/planted.py") and refusal in line], lines


def test_a_planted_module_that_is_pure_passes(tree: Path) -> None:
    (tree / CORE / "planted.py").write_text(MODULE.format(imports="import math", expression="math.pi"))
    assert refusals(tree) == ""


def test_outside_of_the_core_a_clock_is_allowed(tree: Path) -> None:
    (tree / "stream_app/adapters/planted.py").write_text(MODULE.format(imports="import time", expression="time.time()"))
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "stream_app/adapters/planted.py"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
