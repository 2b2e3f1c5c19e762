"""`churn bench peers`: other stream processors beside this one, and what each does per event."""

import os
from typing import Annotated, Any

import typer

from benchmarks.peers.catalogue import BY_NAME, PEERS
from benchmarks.speed import beside_peers
from cli.console import print_json
from cli.measure.bench.peers_table import show
from cli.measure.bench.showing import say
from cli.measure.bench.site import MIXES, bench_site
from cli.options import AsJson


def peers(
    events: Annotated[int, typer.Option(min=10_000, help="Events of each mix.")] = 1_000_000,
    users: Annotated[int, typer.Option(min=1, help="Users they are drawn from.")] = 100_000,
    only: Annotated[
        list[str] | None, typer.Option("--peer", metavar="NAME", help="Only this one beside the worker; repeatable.")
    ] = None,
    mix: Annotated[list[str] | None, typer.Option(help="Only users drawn so: zipf or uniform.")] = None,
    as_json: AsJson = False,
) -> None:
    """Faust, Quix, Bytewax, Pathway, Kafka Streams and Flink on the topic that the worker reads: events per CPU-second.

    Cold is the whole run, from the first event on, warm its second half. What is not installed is left empty, with a
    sentence: `make peers` and `make peers-java` install them.

    Example: churn bench peers --peer flink --peer flink_batches --json
    """
    for name in only or ():
        if name not in BY_NAME:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(BY_NAME)}", param_hint="--peer")
    for name in mix or ():
        if name not in MIXES:
            raise typer.BadParameter(f"{name!r} is neither {' nor '.join(MIXES)}", param_hint="--mix")
    wanted = [peer for peer in PEERS if not only or peer.name in only]
    with bench_site() as site:
        results: dict[str, list[dict[str, Any]]] = {
            drawn: beside_peers.measure(site, f"bench-{os.getpid()}-{drawn}", drawn, events, users, wanted, say)
            for drawn in MIXES
            if not mix or drawn in mix
        }
    if as_json:
        print_json(results)
    else:
        show(results)
