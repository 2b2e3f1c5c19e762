"""`churn bench`: the figures of the README, measured on this machine."""

import os
from typing import Annotated

import typer

from benchmarks.load import Mix
from benchmarks.throughput import Pids, measure
from stream_app.cli.console import ERR, OUT, print_json
from stream_app.cli.stack import running_services
from stream_app.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Measure this machine.")


@app.callback()
def benchmarks() -> None:
    """Measure this machine."""


@app.command()
def throughput(
    events: Annotated[int, typer.Option(min=10_000, help="Events of each mix.")] = 1_000_000,
    users: Annotated[int, typer.Option(min=1, help="Users they are drawn from.")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Events scored per second of the worker's processor time, Zipf and uniform, beside a stock Faust agent.

    Example: churn bench throughput --json
    """
    results: dict[str, dict[str, object]] = {}
    with running_services() as services:
        pids = Pids(redis=services.redis.pid, kafka=services.kafka.pid)
        mixes: tuple[Mix, ...] = ("zipf", "uniform")
        for mix in mixes:
            app_id = f"bench-{os.getpid()}-{mix}"
            settings = Settings(
                app_id=app_id,
                topic_prefix=f"{app_id}-",
                kafka_bootstrap=services.bootstrap,
                redis_url=services.redis_url,
            )
            results[mix] = measure(settings, pids, mix, events, users, lambda text: ERR.print(text, markup=False))
    if as_json:
        print_json(results)
        return
    for name, result in results.items():
        OUT.print(name, style="bold")
        for what, value in result.items():
            OUT.print(f"  {what:<36} {value:,}", markup=False)
