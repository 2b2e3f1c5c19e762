"""`churn work`: runs a worker until it is told to stop."""

import logging
import os
from pathlib import Path
from typing import Annotated

import typer


def work(
    trace: Annotated[
        Path | None, typer.Option(help="Write a fingerprint of every vector and score to this file.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of /livez, /readyz and /metrics (CHURN_WEB_PORT).")] = None,
) -> None:
    """Run a worker: score events, publish alerts. Ctrl-C or SIGTERM finishes the running batches and stops.

    Example: churn work --port 6067
    """
    if trace is not None:
        os.environ["CHURN_TRACE_FILE"] = str(trace)
    if port is not None:
        os.environ["CHURN_WEB_PORT"] = str(port)
    from stream_app.faust_app import app  # the module makes the app from the settings as they are now

    worker = app.Worker(loglevel=logging.WARNING, quiet=True)
    worker.spinner = None  # it sets the root logger to DEBUG, and puts a terminal's codes among the log's lines
    worker.execute_from_commandline()
