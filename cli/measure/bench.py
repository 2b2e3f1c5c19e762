"""`churn bench`: the figures of the README, measured on this machine."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.speed import against as turns
from benchmarks.speed import latency as latencies
from benchmarks.speed import saturation as saturations
from benchmarks.speed import scaling as scalings
from benchmarks.speed import states as state_sizes
from benchmarks.speed import throughput as throughputs
from benchmarks.speed.blend import Blend
from benchmarks.speed.deployments import Pids, Site
from benchmarks.speed.load import Mix
from cli.console import ERR, OUT, print_json
from cli.options import AsJson
from cli.work.stack import running_services
from proofs import run_ledger
from proofs.fencing import price
from proofs.foil import run as foils
from proofs.protocol_digest import protocol_digest, session_digest
from stream_app.core.features.plan import compile_workload
from stream_app.deployment import KafkaConnection, RedisConnection
from stream_app.settings import STACK_DIRECTORY
from stream_app.workloads import workload_named

app = typer.Typer(no_args_is_help=True, help="Measure this machine.")

_MIXES: tuple[Mix, ...] = ("zipf", "uniform")


@app.callback()
def benchmarks() -> None:
    """Measure this machine."""


@app.command()
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
            "topic in turns, in place of the other stream processors.",
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="With --against: how often each worker reads the topic.")] = 5,
    chats: Annotated[float, typer.Option(min=0, max=100, help="Percent of events that are chat messages.")] = 0.0,
    measures: Annotated[
        float, typer.Option(min=0, max=100, help="Percent of activities that carry an amount and minutes.")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Events scored per second of the worker's processor time, Zipf and uniform, beside stream processors that count.

    With --against, beside another checkout: the median of the rounds' ratios, new over old, and their range.

    Example: churn bench throughput --against ../churn-before --rounds 5 --json
    """
    blend = Blend(chats, measures)
    if against is None:
        with _site() as site:
            results: dict[str, object] = {
                mix: throughputs.measure(site, f"bench-{os.getpid()}-{mix}", mix, blend, events, users, _say)
                for mix in _MIXES
            }
        _print(results, as_json)
        return
    benches = [turns.against(against, mix, blend, events, users, _say) for mix in _MIXES]
    with _site() as site:
        compared: dict[str, dict[str, Any]] = {
            bench.mix: bench.measure(site, f"bench-{os.getpid()}-{bench.mix}", rounds) for bench in benches
        }
    _print(compared if as_json else {mix: _by_round(found) for mix, found in compared.items()}, as_json)


@app.command()
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
    with _site() as site:
        results = [scalings.measure(site, f"bench-{os.getpid()}-{users}", events, users, _say) for users in (few, many)]
    costs = [float(str(result["worker_cpu_us_per_event"])) for result in results]
    _print({"few": results[0], "many": results[1], "ratio": round(costs[1] / costs[0], 2)}, as_json)


@app.command()
def latency(
    rates: Annotated[list[int] | None, typer.Option("--rate", min=100, help="Events a second; repeatable.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long each rate is measured.")] = 25.0,
    as_json: AsJson = False,
) -> None:
    """From the moment an event is due to its alert, under a load that waits for nobody; one event in 100 alerts.

    Example: churn bench latency --rate 5000 --rate 20000 --json
    """
    results: dict[str, dict[str, object]] = {}
    with _site() as site, latencies.bench(site, f"bench-{os.getpid()}-latency") as bench:
        _say("warming the broker up")
        bench.warm_broker()
        for rate in rates or [5_000, 20_000]:
            _say(f"{rate:,} events a second for {latencies.WARM_UP_S + seconds:.0f} s")
            results[f"{rate}"] = bench.offer(rate, seconds)
    _print(results, as_json)


@app.command()
def saturation(
    rates: Annotated[list[int] | None, typer.Option("--rate", min=100, help="Events a second; repeatable.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long each rate is measured.")] = 10.0,
    plot: Annotated[Path | None, typer.Option(dir_okay=False, help="Draw the curve into this PNG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Latency against load, rate after rate up to the first that the worker cannot follow.

    Example: churn bench saturation --plot docs/performance/saturation.png
    """
    with _site() as site:
        result = saturations.measure(
            site, f"bench-{os.getpid()}-saturation", sorted(rates or saturations.RATES), seconds, _say
        )
    if plot is not None:
        from benchmarks.speed.curve import draw  # matplotlib takes long to import

        draw(result, plot)
    if as_json:
        print_json(result)
        return
    _print({f"{point['rate']:,} a second": point for point in result["points"]} | {"limit": result["limit"]}, False)


@app.command()
def states(
    users: Annotated[int, typer.Option(min=10, help="Simulated users.")] = 300,
    as_json: AsJson = False,
) -> None:
    """How large the states of simulated users are after a month; needs no services.

    Example: churn bench states --json
    """
    _print(state_sizes.measure(compile_workload(workload_named("music")), users), as_json)


@app.command()
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
    if mix not in _MIXES:
        raise typer.BadParameter(f"{mix!r} is neither {' nor '.join(_MIXES)}", param_hint="--mix")
    with _site() as site:
        result = price.measure(site, f"bench-{os.getpid()}-fencing", mix, events, users, price.BATCHES, rounds, _say)
    _print(result, as_json)
    price.demand(result)


@app.command()
def foil(
    seconds: Annotated[float, typer.Option(min=5, help="How long events are sent and faults happen.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Decides which faults happen when.")] = 1,
    rate: Annotated[float, typer.Option(min=100, help="Events a second.")] = 2_500.0,
    crashing: Annotated[
        bool, typer.Option(help="A failed agent ends its process and is replaced; Faust restarts it inside by default.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What a plain Faust agent that keeps its state in Redis loses and doubles under the faults of `churn chaos`.

    The same load and, by the same seed, the same kills and pauses of workers, Redis and broker, on services of its own.
    Misrouted events, the rig's wipes, and what it does to single requests of the protocol, are spared.

    Example: churn bench foil --seconds 60 --seed 1 --json
    """
    jars = STACK_DIRECTORY / "kafka" / "libs"
    order = foils.FoilTrial(seconds=seconds, seed=seed, jars=jars, rate=rate, crashing=crashing)
    _print(foils.run(order, _say), as_json)


@app.command()
def ledger(
    file: Annotated[Path, typer.Option(dir_okay=False, help="The ledger.")] = run_ledger.LEDGER,
    every: Annotated[
        bool, typer.Option("--all", help="All that the ledger holds: a sum for each protocol digest and commit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What long runs of `churn sim` and `churn chaos` come to in sum, as far as they ran the present protocol code.

    Example: churn bench ledger --all --json
    """
    if every:
        found = run_ledger.sums_by_code(file)
        _print(
            {"sums": [code._asdict() | total for code, total in found.items()]}
            if as_json
            else {" ".join(code): total for code, total in found.items()},
            as_json,
        )
        return
    digests = {run_ledger.SCHEDULES: session_digest(), run_ledger.CHAOS: protocol_digest()}
    _print({kind: run_ledger.sums(file, kind, digest) for kind, digest in digests.items()}, as_json)


@contextmanager
def _site() -> Iterator[Site]:
    with running_services() as services:
        pids = Pids(redis=services.redis.pid, kafka=services.kafka.pid)
        yield Site(KafkaConnection(services.bootstrap), RedisConnection(services.redis_url), pids)


def _by_round(found: Mapping[str, Any]) -> dict[str, object]:
    """What was found by either side, a line for every round."""
    rounds = {f"round {number}": one for number, one in enumerate(found["rounds"], 1)}
    return {name: value for name, value in found.items() if name != "rounds"} | rounds


def _say(text: str) -> None:
    ERR.print(text, markup=False)


def _print(results: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        print_json(results)
        return
    for name, result in results.items():
        if not isinstance(result, Mapping):
            OUT.print(f"{name:<38} {_shown(result)}", markup=False)
            continue
        OUT.print(name, style="bold")
        for what, value in result.items():
            OUT.print(f"  {what:<36} {_shown(value)}", markup=False, soft_wrap=True)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
    return f"{value:,}" if isinstance(value, (int, float)) else "-" if value is None else str(value)
