"""Keeps the speed: a ratio of two figures of the same run holds on any machine, an absolute time on none."""

from typing import Final

from benchmarks.peers.catalogue import STOCK_FAUST
from benchmarks.peers.running import run
from benchmarks.speed.deployments import Site, a_testbed
from benchmarks.speed.filling import fill
from benchmarks.speed.load import drawn
from benchmarks.speed.throughput import scored_per_cpu_second
from schemas.errors import ContractViolation

FLOOR: Final = 7.0
"""Scored events per CPU-second in multiples of what a stock Faust agent counts; about 13 where nothing is wrong."""
SEED: Final = 3
EVENTS, USERS, STOCK_EVENTS = 200_000, 20_000, 20_000


def ratio(site: Site, app_id: str) -> float:
    """Measured on a topic small enough for a test: Zipf, the whole path, then stock Faust on its beginning."""
    with a_testbed(site, app_id) as made:
        fill(made.deployment, drawn(EVENTS, USERS, "zipf", SEED))
        ours = scored_per_cpu_second(made, EVENTS)
        return ours / run(STOCK_FAUST, made.deployment, made.model, STOCK_EVENTS).cold


def demand(measured: float) -> None:
    """Raises ContractViolation below the floor."""
    if measured < FLOOR:
        raise ContractViolation(
            f"the worker scores {measured:.1f} times what stock Faust counts, at least {FLOOR:g} times is demanded: "
            "`churn bench throughput` shows which stage became slower"
        )
