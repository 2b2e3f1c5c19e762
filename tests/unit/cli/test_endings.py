"""Ctrl-C, SIGTERM and SIGHUP end a command alike, whatever it is doing."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ctrl_c import HEEDING_CTRL_C

NOHUP = shutil.which("nohup") or "nohup"
ENDINGS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
COMMAND = """
import sys, time
from cli import endings, main

def command():
    try:
        print("works", flush=True)
        time.sleep(60)
    finally:
        print("takes away", flush=True)
        time.sleep(0.5)
        print("taken away", flush=True)

main.app = command
main.main()
"""
FINISHING = """
import sys
from cli import endings

endings.install()
stopped = []
with endings.finishing(lambda: stopped.append(1)) as until_asked:
    print("works", flush=True)
    lines = list(until_asked(sys.stdin))
print(len(lines), stopped, endings.asked_by(), flush=True)
sys.exit(endings.exit_code())
"""


def started(program: str, *before: str) -> "subprocess.Popen[str]":
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [*HEEDING_CTRL_C, *before, sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


@pytest.mark.parametrize(("number", "code"), ENDINGS)
def test_a_command_takes_away_what_it_has_begun_and_exits_as_shells_expect(number: signal.Signals, code: int) -> None:
    with started(COMMAND) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "works\n"
        process.send_signal(number)
        assert process.stdout.read() == "takes away\ntaken away\n"
        assert process.wait(60) == code


@pytest.mark.parametrize(("number", "code"), ENDINGS)
@pytest.mark.parametrize("more", [signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_of_a_supervisor_does_not_interrupt_the_taking_away(
    number: signal.Signals, code: int, more: signal.Signals
) -> None:
    with started(COMMAND) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "works\n"
        process.send_signal(number)
        assert process.stdout.readline() == "takes away\n"
        process.send_signal(more)
        assert process.stdout.read() == "taken away\n"
        assert process.wait(60) == code


@pytest.mark.parametrize(("number", "code"), ENDINGS)
def test_a_source_that_is_waited_for_ends_with_the_signal_and_the_command_finishes(
    number: signal.Signals, code: int
) -> None:
    with started(FINISHING) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "works\n"
        process.stdin.write("a line\n")
        process.stdin.flush()
        process.send_signal(number)
        names = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}
        assert process.stdout.read().endswith(f" [1] {names[number]}\n")
        assert process.wait(60) == code


def test_a_command_that_was_told_to_outlive_its_terminal_does() -> None:
    with started(COMMAND, NOHUP) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "works\n"
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
