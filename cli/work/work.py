"""`churn work`: runs a worker until it is told to stop."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import endings
from stream_app.bootstrap.app import run_worker
from stream_app.settings import Settings


def work(
    trace: Annotated[
        Path | None, typer.Option(help="Write a fingerprint of every vector and score to this file.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of /livez, /readyz and /metrics (CHURN_WEB_PORT).")] = None,
) -> None:
    """Run a worker: score events, publish alerts. Ctrl-C, SIGTERM or SIGHUP finishes the running batches and stops.

    Example: churn work --port 6067
    """
    endings.leave_to_worker()
    asked: dict[str, Any] = {"trace_file": trace, "web_port": port}
    run_worker(Settings(**{name: value for name, value in asked.items() if value is not None}))
