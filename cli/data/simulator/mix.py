"""`churn simulator mix`: what the simulated service is like beside the real one."""

import time
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from cli.console import OUT, print_json, progress
from cli.options import AsJson
from producers.simulator import simulate
from producers.simulator.comparison import Comparison, compare
from producers.simulator.parameters import FittedParameters, fitted
from schemas.instants import parse_instant

_START_MS: Final = parse_instant("2024-01-01T00:00:00Z")
_SPEED_DAYS: Final = 30


def mix(
    users: Annotated[int, typer.Option(min=100, help="Users to simulate.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulation.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Print the simulated page mix beside that of the real users it was fitted on, and the generator's speed.

    Example: churn simulator mix --json
    """
    found = fitted()
    with progress("Simulating", users, "users") as passed:
        comparison = compare(found, users, seed, passed)
    speed = _events_per_second(seed)
    if as_json:
        print_json(_facts(comparison, speed))
    else:
        _show(found, comparison, speed)


def _events_per_second(seed: int) -> int:
    """The best of three short runs of one process: a shared machine only ever makes it slower."""
    best = 0.0
    for _ in range(3):
        started_s = time.perf_counter()
        count = sum(1 for _ in simulate(400, _SPEED_DAYS, seed, _START_MS))
        best = max(best, count / (time.perf_counter() - started_s))
    return round(best)


def _facts(comparison: Comparison, speed: int) -> dict[str, Any]:
    return {
        "pages": {row.page: {"simulated": row.simulated, "real": row.real} for row in comparison.rows},
        "largest_relative_difference": comparison.largest,
        "largest_at": comparison.largest_at,
        "users": comparison.users,
        "cancelled_in_30_days": comparison.cancelled_in_30_days,
        "events_per_second": speed,
    }


def _show(found: FittedParameters, comparison: Comparison, speed: int) -> None:
    table = Table("page", "simulated %", "real %", "difference", title=f"Real: {found.origin.fitted_on}")
    for row in comparison.rows:
        table.add_row(row.page, f"{row.simulated:.3f}", f"{row.real:.3f}", f"{row.difference:+.1%}")
    OUT.print(table)
    OUT.print(f"Largest   {comparison.largest:.1%} of the real share, at {comparison.largest_at}")
    OUT.print(f"Leaving   {comparison.cancelled_in_30_days:.1%} of {comparison.users:,} users cancel within 30 days")
    OUT.print(f"Speed     {speed:,} events a second, one process")
