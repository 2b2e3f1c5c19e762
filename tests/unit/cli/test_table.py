"""The table of commands beside the commands themselves, and what help takes to be shown."""

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cli.table import COMMANDS, GROUPS, Listed

ROOT = Path(__file__).parents[3]
LISTED = {command.name: (room, command) for room, commands in COMMANDS.items() for command in commands}
HEAVY = ("faust", "aiokafka", "confluent_kafka", "numba", "numpy", "onnxruntime", "sklearn", "matplotlib")


def real(command: Listed) -> object:
    module, _, name = command.place.partition(":")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("name", LISTED)
def test_the_table_says_of_a_command_what_its_own_help_says_first(name: str) -> None:
    _, command = LISTED[name]
    help_text = inspect.getdoc(real(command)) or ""
    assert " ".join(help_text.split("\n\n")[0].split()) == command.line
    assert f"\nExample: churn {name}" in help_text


def test_every_file_that_says_it_is_a_command_is_listed_once_and_stands_in_its_room() -> None:
    found = {}
    for file in (ROOT / "cli").rglob("*.py"):
        says = re.match(r'"""`churn ([a-z -]+)`: ', file.read_text())
        if says and file.name != "__init__.py":
            found[".".join(file.relative_to(ROOT).with_suffix("").parts)] = says[1]
    assert found == {command.place.partition(":")[0]: name for name, (_, command) in LISTED.items()}
    for room, command in LISTED.values():
        assert command.place.split(".")[1] == room.partition(":")[0].lower()


def test_no_command_is_listed_twice_and_every_group_has_some() -> None:
    assert len(LISTED) == sum(map(len, COMMANDS.values()))
    assert {name.split()[0] for name in LISTED if " " in name} == set(GROUPS)


@pytest.mark.parametrize("asked", [["--help"], ["models", "--help"], ["dlq"], ["bench", "--help"]])
def test_help_imports_no_command_and_nothing_heavy(asked: list[str]) -> None:
    told = "import sys, cli.main\ntry:\n    cli.main.main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told, *asked], capture_output=True, text=True, check=False)
    loaded = set(done.stderr.split())
    assert "Usage:" in done.stdout
    assert {"typer", "cli.table"} <= loaded
    assert not loaded & {*HEAVY, *(command.place.partition(":")[0] for _, command in LISTED.values())}
