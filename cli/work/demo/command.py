"""`churn demo`: a log flows through a real Kafka and a real Redis, is scored at every event and comes out as alerts."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from cli import endings
from cli.console import ERR, EXIT_FAILED, OUT, print_json, say
from cli.event_logs import ordered
from cli.options import readable
from cli.work.alert_table import AlertTable, in_a_line
from cli.work.demo.run import DemoRun, ShowProgress
from cli.work.demo.summary import summarise, table_of
from cli.work.stack import running_services
from producers.openings import kept, name_of
from producers.simulator import simulate
from producers.sparkify import read_log
from schemas.errors import ContractViolation
from schemas.instants import parse_instant
from schemas.outgoing import OutgoingEvent, address
from stream_app.ports.receiving import Received
from stream_app.settings import Settings

_SAY_EVERY_S = 2.0
_USERS = 300
_DAYS = 30
_SEED = 4711
"""Neither the making of the simulator nor training used this seed."""
_START_MS = parse_instant("2024-01-01T00:00:00Z")


def demo(
    log: Annotated[
        Path | None,
        typer.Option(parser=readable, metavar="FILE", help="A real Sparkify log instead of simulated users."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")] = False,
) -> None:
    """Show the whole system at work: a month of simulated users, or a log, with proofs at the end.

    Starts the local Kafka and Redis if they do not run and stops them again; leaves no topics or keys behind. Exits
    with 1 when live and replay differ.

    Example: churn demo --log sparkify_mini_events_68users.jsonl.gz
    """
    began = time.monotonic()
    title = name_of(log) if log else f"{_USERS} simulated users, {_DAYS} days"
    with nullcontext(None) if log is None else kept(log) as copy:
        events = list(_events(copy, title))
    with running_services(), _temporary_directory() as directory:
        settings = Settings(
            app_id=f"demo-{os.getpid()}",
            topic_prefix=f"demo-{os.getpid()}-",
        )
        with _stage(title, live=OUT.is_terminal and not as_json) as (table, show):

            def on_alert(received: Received) -> None:
                table.add(received.alert.data)
                if not OUT.is_terminal:
                    _say(received)

            with DemoRun(settings, directory, on_alert) as run, _counting_at_the_end(run):
                run.prepare()
                run.send(events, show)
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


def _events(log: Path | None, name: str) -> Iterator[OutgoingEvent]:
    """Every event with a user, in order. Raises ContractViolation at a line that is no row of a Sparkify log."""
    if log is None:
        return address(simulate(_USERS, _DAYS, _SEED, _START_MS))
    return address(ordered(name, lambda: (event.value for event in read_log(log, name) if event is not None)))


@contextmanager
def _counting_at_the_end(run: DemoRun) -> Iterator[None]:
    """Say how far it was if it is ended from outside."""
    try:
        yield
    except KeyboardInterrupt:
        far = f"{max(run.applied, 0):,} of {run.facts.events:,} events scored, {len(run.facts.alerts):,} alerts"
        say(f"churn: stopped by {endings.asked_by()}: {far}")
        raise


@contextmanager
def _temporary_directory() -> Iterator[Path]:
    """For the worker's log and trace; it stays if something goes wrong, for then the log is what there is to read."""
    directory = Path(tempfile.mkdtemp(prefix="churn-demo-"))
    try:
        yield directory
    except KeyboardInterrupt:
        shutil.rmtree(directory)
        raise
    shutil.rmtree(directory)


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
    say(in_a_line(received.alert.data))


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
