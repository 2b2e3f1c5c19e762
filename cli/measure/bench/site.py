"""Where a worker is measured and under which load: what the commands that run one share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from benchmarks.speed.deployments import Pids, Site
from benchmarks.speed.load import Mix
from cli.work.stack import running_services
from stream_app.bootstrap.deployment import deployment_of
from stream_app.settings import Settings

MIXES: tuple[Mix, ...] = ("zipf", "uniform")

Rates = Annotated[list[int] | None, typer.Option("--rate", min=100, help="Events a second; repeatable.")]


@contextmanager
def bench_site() -> Iterator[Site]:
    """The services of the local stack, and which processes they are; what was not running before is stopped again."""
    with running_services() as services:
        pids = Pids(redis=services.redis.pid, kafka=services.kafka.pid)
        of = deployment_of(Settings())
        yield Site(of.kafka, of.redis, pids)
