"""`churn demo`: a log flows through a real Kafka and a real Redis, is scored at every event and comes out as alerts."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from cli.console import ERR, EXIT_FAILED, OUT, print_json
from cli.work.alert_table import AlertTable, in_a_line
from cli.work.demo.run import DemoRun, ShowProgress
from cli.work.demo.summary import summarise, table_of
from cli.work.stack import running_services
from producers.simulator import simulate
from producers.sparkify import read_log
from schemas.errors import ContractViolation
from schemas.instants import parse_instant
from schemas.outgoing import OutgoingEvent, address
from stream_app.ports.receiving import Received
from stream_app.settings import STACK_DIRECTORY, Settings

_SAY_EVERY_S = 2.0
_USERS = 300
_DAYS = 30
_SEED = 4711
"""Neither the making of the simulator nor training used this seed."""
_START_MS = parse_instant("2024-01-01T00:00:00Z")


def demo(
    log: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A real Sparkify log instead of simulated users.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")] = False,
) -> None:
    """Show the whole system at work: a month of simulated users, or a log, with proofs at the end.

    Starts the local Kafka and Redis if they do not run and stops them again; leaves no topics or keys behind. Exits
    with 1 when live and replay differ.

    Example: churn demo --log sparkify_mini_events_68users.jsonl.gz
    """
    began = time.monotonic()
    with running_services() as services:
        settings = Settings(
            app_id=f"demo-{os.getpid()}",
            topic_prefix=f"demo-{os.getpid()}-",
            kafka_bootstrap=services.bootstrap,
            redis_url=services.redis_url,
        )
        title = log.name if log else f"{_USERS} simulated users, {_DAYS} days"
        with _stage(title, live=OUT.is_terminal and not as_json) as (table, show):

            def on_alert(received: Received) -> None:
                table.add(received.alert.data)
                if not OUT.is_terminal:
                    _say(received)

            with DemoRun(settings, STACK_DIRECTORY / "demo", on_alert) as run:
                run.prepare()
                run.send(list(_events(log)), show)
                run.stop_worker()
                show("folding the topic once more", run.facts.events, run.facts.events)
                proof = _prove(run)
        summary = summarise(run.facts, proof, time.monotonic() - began)
    if as_json:
        print_json(summary)
    else:
        OUT.print(table_of(summary))
    if any(summary["parity"][name] for name in ("mismatches", "alerts_missing", "alerts_extra")):
        raise typer.Exit(EXIT_FAILED)


def _events(log: Path | None) -> Iterator[OutgoingEvent]:
    """Every event with a user, in order. Raises ContractViolation at a line that is no row of a Sparkify log."""
    if log is None:
        return address(simulate(_USERS, _DAYS, _SEED, _START_MS))
    return (event for event in read_log(log) if event is not None)


@contextmanager
def _stage(title: str, *, live: bool) -> Iterator[tuple[AlertTable, ShowProgress]]:
    """Where alerts and progress are shown: a live table on a terminal, lines elsewhere."""
    table = AlertTable(title, OUT.height)
    if not live:
        yield table, _Lines().show
        return
    with Live(table.render("starting"), console=OUT, refresh_per_second=8, transient=False) as screen:

        def show(what: str, applied: int, total: int) -> None:
            bar = "█" * round(40 * applied / total) if total else ""
            screen.update(Group(table.render(), Text(f"{bar:<40} {applied:,} of {total:,} events · {what}")))

        yield table, show


class _Lines:
    def __init__(self) -> None:
        self._said = 0.0

    def show(self, what: str, applied: int, total: int) -> None:
        if time.monotonic() - self._said >= _SAY_EVERY_S:
            self._said = time.monotonic()
            ERR.print(f"{applied:,} of {total:,} events scored · {what}")


def _say(received: Received) -> None:
    ERR.print(in_a_line(received.alert.data), markup=False, soft_wrap=True)


def _prove(run: DemoRun) -> dict[str, Any]:
    """What a separate process finds when it folds the topic from nothing; it exits with 1 when something differs."""
    command = [sys.executable, "-m", "cli", "parity", "--trace", str(run.trace), "--json"]
    done = subprocess.run(
        command, env={**os.environ, **run.deployment.environment}, capture_output=True, text=True, check=False
    )
    if not done.stdout:
        raise ContractViolation(f"the proof could not be made: {done.stderr.strip()}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
