"""`churn bench scaling`: what an event costs with few and with many users."""

import os
from typing import Annotated

import typer

from benchmarks.speed import scaling as scalings
from cli.measure.bench.showing import say, show
from cli.measure.bench.site import bench_site
from cli.options import AsJson


def scaling(
    events: Annotated[
        int, typer.Option(min=10_000, help="Events that are measured, of each number of users.")
    ] = 600_000,
    few: Annotated[int, typer.Option(min=1, help="Users to begin with.")] = 100_000,
    many: Annotated[int, typer.Option(min=1, help="Users to compare with.")] = 2_000_000,
    as_json: AsJson = False,
) -> None:
    """What an event costs the worker with few and with many users, all of them known and drawn uniformly.

    Example: churn bench scaling --json
    """
    with bench_site() as site:
        results = [scalings.measure(site, f"bench-{os.getpid()}-{users}", events, users, say) for users in (few, many)]
    costs = [float(str(result["worker_cpu_us_per_event"])) for result in results]
    show({"few": results[0], "many": results[1], "ratio": round(costs[1] / costs[0], 2)}, as_json)
