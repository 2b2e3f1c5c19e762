"""`churn work`: runs a worker until it is told to stop."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from stream_app.cli.console import ERR


def work(
    trace: Annotated[
        Path | None, typer.Option(help="Write a fingerprint of every vector and score to this file.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of /livez and /readyz (CHURN_WEB_PORT).")] = None,
) -> None:
    """Run a worker: score events, publish alerts. Ctrl-C or SIGTERM finishes the running batches and stops.

    Example: churn work --port 6067
    """
    if trace is not None:
        os.environ["CHURN_TRACE_FILE"] = str(trace)
    if port is not None:
        os.environ["CHURN_WEB_PORT"] = str(port)
    configure_logs()
    from stream_app.faust_app import app  # the module makes the app from the settings as they are now

    worker = app.Worker(loglevel=logging.WARNING, quiet=True)
    worker.execute_from_commandline()


def configure_logs() -> None:
    """Logs go to stderr: readable on a terminal, one JSON object a line elsewhere."""
    shown = [structlog.dev.ConsoleRenderer()] if ERR.is_terminal else [structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *shown,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
