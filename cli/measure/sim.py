"""`churn sim`: runs the shipped session through simulated crashes, losses and delays, by the thousand."""

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli import endings
from cli.console import OUT, print_json, progress, say
from cli.options import AsJson
from proofs.run_ledger import SCHEDULES, append
from proofs.simulation.runs import SimulationSummary, run_many
from schemas.errors import ContractViolation

_TOLD = 10


def sim(
    seeds: Annotated[int, typer.Option(min=1, help="How many schedules; each is a function of its seed.")] = 10_000,
    first: Annotated[int | None, typer.Option(min=0, help="The first seed; unset: drawn.")] = None,
    mutant: Annotated[
        str | None, typer.Option(help="Take one safety mechanism out of the protocol: then schedules must fail.")
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Unset: one per core.")] = None,
    ledger: Annotated[Path | None, typer.Option(dir_okay=False, help="Append the run to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate workers, Redis and Kafka around the shipped session; exits with 1 if any schedule ends wrong.

    A mutant is expected to fail: with --mutant the exit code is 1 if no schedule does.

    Example: churn sim --seeds 100000 --first 0
    """
    from proofs.protocol_digest import session_digest

    begin = secrets.randbelow(1 << 31) if first is None else first
    found = SimulationSummary()
    try:
        with progress(f"schedules from seed {begin}", seeds, "schedules") as advance:
            run_many(begin, seeds, mutant, processes, advance, found)
    except KeyboardInterrupt:
        say(f"churn: stopped by {endings.asked_by()}: {found.schedules:,} of {seeds:,} schedules done")
        _tell_failures(found)
        raise
    facts = _facts(begin, found)
    if ledger is not None and mutant is None:
        append(ledger, SCHEDULES, session_digest(), facts)
    if as_json:
        print_json({"mutant": mutant, **facts, "failing_seeds": dict(list(found.failures.items())[:_TOLD])})
    else:
        OUT.print(_table(found))
    _judge(found, mutant)


def _facts(first: int, found: SimulationSummary) -> dict[str, Any]:
    return {
        "first_seed": first,
        "schedules": found.schedules,
        "events": found.events,
        "sessions": found.sessions,
        "faults": dict(found.faults),
        "commits_refused": found.commits_refused,
        "publishers_fenced": found.publishers_fenced,
        "failures": len(found.failures),
    }


def _judge(found: SimulationSummary, mutant: str | None) -> None:
    _tell_failures(found)
    if mutant is None and found.failures:
        raise ContractViolation(f"{len(found.failures)} schedules ended wrong: run one with --first SEED --seeds 1")
    if mutant is not None and not found.failures:
        raise ContractViolation(f"no schedule shows what is wrong with {mutant}: run more seeds")


def _tell_failures(found: SimulationSummary) -> None:
    for seed, wrong in list(found.failures.items())[:_TOLD]:
        say(f"seed {seed}: {wrong}")


def _table(found: SimulationSummary) -> Table:
    table = Table("what", "how often")
    rows = {
        "schedules": found.schedules,
        "events": found.events,
        "sessions": found.sessions,
        **found.faults,
        "commits refused": found.commits_refused,
        "publishers fenced": found.publishers_fenced,
        "schedules that ended wrong": len(found.failures),
    }
    for name, count in rows.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    return table
