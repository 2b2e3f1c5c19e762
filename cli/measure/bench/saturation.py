"""`churn bench saturation`: latency against load."""

import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.speed import saturation as saturations
from cli.console import print_json
from cli.measure.bench.showing import say, show
from cli.measure.bench.site import Rates, bench_site
from cli.options import AsJson


def saturation(
    rates: Rates = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long each rate is measured.")] = 10.0,
    plot: Annotated[Path | None, typer.Option(dir_okay=False, help="Draw the curve into this PNG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Latency against load, rate after rate up to the first that the worker cannot follow.

    Example: churn bench saturation --plot docs/performance/saturation.png
    """
    with bench_site() as site:
        result = saturations.measure(
            site, f"bench-{os.getpid()}-saturation", sorted(rates or saturations.RATES), seconds, say
        )
    if plot is not None:
        from benchmarks.speed.curve import draw  # matplotlib takes long to import

        draw(result, plot)
    if as_json:
        print_json(result)
        return
    show({f"{point['rate']:,} a second": point for point in result["points"]} | {"limit": result["limit"]}, False)
