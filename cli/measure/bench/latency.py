"""`churn bench latency`: from the moment an event is due to its alert."""

import os
from typing import Annotated

import typer

from benchmarks.speed import latency as latencies
from cli.measure.bench.showing import say, show
from cli.measure.bench.site import Rates, bench_site
from cli.options import AsJson


def latency(
    rates: Rates = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long each rate is measured.")] = 25.0,
    as_json: AsJson = False,
) -> None:
    """From the moment an event is due to its alert, under a load that waits for nobody; one event in 100 alerts.

    Example: churn bench latency --rate 5000 --rate 20000 --json
    """
    results: dict[str, dict[str, object]] = {}
    with bench_site() as site, latencies.bench(site, f"bench-{os.getpid()}-latency") as bench:
        say("warming the broker up")
        bench.warm_broker()
        for rate in rates or [5_000, 20_000]:
            say(f"{rate:,} events a second for {latencies.WARM_UP_S + seconds:.0f} s")
            results[f"{rate}"] = bench.offer(rate, seconds)
    show(results, as_json)
