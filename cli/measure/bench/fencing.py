"""`churn bench fencing`: the price of the fenced protocol."""

import os
from typing import Annotated

import typer

from cli.measure.bench.showing import say, show
from cli.measure.bench.site import MIXES, bench_site
from cli.options import AsJson
from proofs.fencing import price


def fencing(
    events: Annotated[int, typer.Option(min=10_000, help="Events that are measured, each time.")] = 400_000,
    users: Annotated[int, typer.Option(min=1, help="Users who are known before.")] = 100_000,
    mix: Annotated[str, typer.Option(help="How users are drawn: zipf or uniform.")] = "zipf",
    rounds: Annotated[int, typer.Option(min=1, help="How often each side runs at each batch size.")] = 3,
    as_json: AsJson = False,
) -> None:
    """What an event costs with the fenced protocol and without: the same work, plain SETs, no transaction.

    Example: churn bench fencing --json
    """
    if mix not in MIXES:
        raise typer.BadParameter(f"{mix!r} is neither {' nor '.join(MIXES)}", param_hint="--mix")
    with bench_site() as site:
        result = price.measure(site, f"bench-{os.getpid()}-fencing", mix, events, users, price.BATCHES, rounds, say)
    show(result, as_json)
    price.demand(result)
