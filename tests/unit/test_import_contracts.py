"""Which part may import which is checked by import-linter: a planted import against an arrow is named and refused."""

import configparser
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(REPOSITORY / ".importlinter")
ROOTS = CONTRACTS["importlinter"]["root_packages"].split()


def lint(directory: Path) -> tuple[bool, str]:
    """Whether a tree keeps the contracts, and what is said about it, in one line."""
    checked = subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=directory, capture_output=True, text=True, check=False, timeout=60
    )
    return checked.returncode == 0, " ".join(checked.stdout.split())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The code and its contracts, to be spoilt."""
    for package in ROOTS:
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / ".importlinter", tmp_path)
    return tmp_path


def plant(tree: Path, path: str, line: str) -> None:
    with (tree / path).open("a") as module:
        module.write(f"\n{line}\n")


def test_all_contracts_are_kept(tree: Path) -> None:
    for directory in (REPOSITORY, tree):
        kept, said = lint(directory)
        assert kept, said


def test_every_package_that_is_shipped_is_under_contract() -> None:
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests"}
    assert packages == set(ROOTS)


@pytest.mark.parametrize(
    ("path", "line", "contract", "named"),
    [
        (
            "stream_app/core/features/plan.py",
            "from stream_app.partition import session",
            "inwards",
            "stream_app.core.features.plan -> stream_app.partition.session",
        ),
        (
            "stream_app/core/features/plan.py",
            "import redis",
            "pure",
            "stream_app.core.features.plan -> redis",
        ),
        (
            "stream_app/partition/session.py",
            "import time",
            "pure",
            "stream_app.partition.session -> time",
        ),
        (
            "stream_app/workloads/music.py",
            "from stream_app.partition.session import Session",
            "workloads",
            "stream_app.workloads.music -> stream_app.partition.session",
        ),
        (
            "stream_app/bootstrap/worker.py",
            "from cli import console",
            "house",
            "stream_app.bootstrap.worker -> cli.console",
        ),
        (
            "stream_app/adapters/redis/states.py",
            "from stream_app.worker import owner",
            "inwards",
            "stream_app.adapters.redis.states -> stream_app.worker.owner",
        ),
        (
            "operations/verify/verification.py",
            "from stream_app.adapters.kafka.topic_log import KafkaTopicLog",
            "composition",
            "operations.verify.verification -> stream_app.adapters.kafka.topic_log",
        ),
        (
            "cli/work/alerts.py",
            "from stream_app.adapters.kafka.subscriber import AlertSubscriber",
            "composition",
            "cli.work.alerts -> stream_app.adapters.kafka.subscriber",
        ),
        (
            "stream_app/worker/owner.py",
            "from stream_app.adapters.redis.states import RedisStates",
            "composition",
            "stream_app.worker.owner -> stream_app.adapters.redis.states",
        ),
        ("schemas/events.py", "import numpy", "schemas", "schemas.events -> numpy"),
        ("schemas/topics.py", "import stack.ports", "house", "schemas.topics -> stack.ports"),
        (
            "stream_app/settings.py",
            "from schemas.topics import TOPICS",
            "settings",
            "stream_app.settings -> schemas.topics",
        ),
        (
            "producers/line_files.py",
            "from stream_app.core.log import PlainRecord",
            "producers",
            "producers.line_files -> stream_app.core.log",
        ),
        (
            "training/run.py",
            "from stream_app.adapters.redis.states import RedisStates",
            "offline",
            "stream_app.adapters.redis.states -> redis",
        ),
        (
            "stack/local.py",
            "from stream_app.settings import Settings",
            "stack",
            "stack.local -> stream_app.settings",
        ),
        (
            "operations/__init__.py",
            "from cli import console",
            "house",
            "operations -> cli.console",
        ),
        (
            "backtest/rerun.py",
            "import operations",
            "house",
            "backtest.rerun -> operations",
        ),
        (
            "training/run.py",
            "from backtest import usefulness",
            "house",
            "training.run -> backtest.usefulness",
        ),
        (
            "benchmarks/speed/load.py",
            "from proofs.chaos import load",
            "house",
            "benchmarks.speed.load -> proofs.chaos.load",
        ),
        (
            "stream_app/core/intake/admission.py",
            "from stream_app.core.features import plan",
            "core",
            "stream_app.core.intake.admission -> stream_app.core.features.plan",
        ),
        (
            "operations/verify/verification.py",
            "from stream_app.worker import owner",
            "operations",
            "operations.verify.verification -> stream_app.worker.owner",
        ),
    ],
)
def test_a_planted_import_against_an_arrow_is_named(
    tree: Path, path: str, line: str, contract: str, named: str
) -> None:
    plant(tree, path, line)
    kept, said = lint(tree)
    assert not kept
    assert named in said
    assert f"{CONTRACTS[f'importlinter:contract:{contract}']['name']} BROKEN" in said


def test_a_new_part_of_the_application_must_be_given_its_place(tree: Path) -> None:
    (tree / "stream_app/panel.py").write_text('"""A room without a place in the house."""\n')
    kept, said = lint(tree)
    assert not kept
    assert "panel" in said


def test_every_part_but_the_composition_root_is_kept_from_adapters() -> None:
    parts = {name for name in ROOTS if name != "stream_app"} | {
        f"stream_app.{path.stem}" for path in (REPOSITORY / "stream_app").glob("[a-z]*") if path.suffix in ("", ".py")
    }
    kept = CONTRACTS["importlinter:contract:composition"]["source_modules"].split()
    assert parts - set(kept) == {"stream_app.adapters", "stream_app.bootstrap"}


@pytest.mark.parametrize(("contract", "allowed"), [("schemas", {"msgspec"}), ("pure", {"msgspec", "numba", "numpy"})])
def test_every_dependency_is_forbidden_where_only_a_few_are_allowed(contract: str, allowed: set[str]) -> None:
    forbidden = set(CONTRACTS[f"importlinter:contract:{contract}"]["forbidden_modules"].split())
    ours = {_normal(name) for name in _dependencies()}
    imported = {
        module: {_normal(name) for name in distributions} & ours
        for module, distributions in packages_distributions().items()
    }
    found = {name for names in imported.values() for name in names}
    covered = {name for module, names in imported.items() if module in forbidden | allowed for name in names}
    assert found
    assert found == covered


def _dependencies() -> list[str]:
    """The distributions that the project needs, without those of the tests."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return [re.split(r"[^A-Za-z0-9_.-]", requirement)[0] for requirement in project["dependencies"]]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
