"""`churn bench throughput`: how many events a worker scores per second of its processor time."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.speed import against as turns
from benchmarks.speed import throughput as throughputs
from benchmarks.speed.blend import Blend
from cli.measure.bench.showing import say, show
from cli.measure.bench.site import MIXES, bench_site
from cli.options import AsJson


def throughput(
    events: Annotated[int, typer.Option(min=10_000, help="Events of each mix.")] = 1_000_000,
    users: Annotated[int, typer.Option(min=1, help="Users they are drawn from.")] = 100_000,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="CHECKOUT",
            file_okay=False,
            exists=True,
            help="Another checkout of this project, with a .venv of its own: its worker and this one's read the same "
            "topic in turns, in place of stock Faust.",
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="With --against: how often each worker reads the topic.")] = 5,
    chats: Annotated[float, typer.Option(min=0, max=100, help="Percent of events that are chat messages.")] = 0.0,
    measures: Annotated[
        float, typer.Option(min=0, max=100, help="Percent of activities that carry an amount and minutes.")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Events scored per second of the worker's processor time, Zipf and uniform, beside stock Faust that counts.

    With --against, beside another checkout: the median of the rounds' ratios, new over old, and their range.

    Example: churn bench throughput --against ../churn-before --rounds 5 --json
    """
    blend = Blend(chats, measures)
    if against is None:
        with bench_site() as site:
            results: dict[str, object] = {
                mix: throughputs.measure(site, f"bench-{os.getpid()}-{mix}", mix, blend, events, users, say)
                for mix in MIXES
            }
        show(results, as_json)
        return
    benches = [turns.against(against, mix, blend, events, users, say) for mix in MIXES]
    with bench_site() as site:
        compared: dict[str, dict[str, Any]] = {
            bench.mix: bench.measure(site, f"bench-{os.getpid()}-{bench.mix}", rounds) for bench in benches
        }
    show(compared if as_json else {mix: _by_round(found) for mix, found in compared.items()}, as_json)


def _by_round(found: Mapping[str, Any]) -> dict[str, object]:
    """What was found by either side, a line for every round."""
    rounds = {f"round {number}": one for number, one in enumerate(found["rounds"], 1)}
    return {name: value for name, value in found.items() if name != "rounds"} | rounds
