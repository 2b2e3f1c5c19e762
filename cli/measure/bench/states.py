"""`churn bench states`: how large states are."""

from typing import Annotated

import typer

from benchmarks.speed import states as state_sizes
from cli.measure.bench.showing import show
from cli.options import AsJson
from stream_app.core.features.plan import compile_workload
from stream_app.workloads import workload_named


def states(
    users: Annotated[int, typer.Option(min=10, help="Simulated users.")] = 300,
    as_json: AsJson = False,
) -> None:
    """How large the states of simulated users are after a month; needs no services.

    Example: churn bench states --json
    """
    show(state_sizes.measure(compile_workload(workload_named("music")), users), as_json)
