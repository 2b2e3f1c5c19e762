"""The worker's log: our lines and those of Faust and the clients go to stderr in one form."""

from typing import Any, Literal, TextIO, cast

import structlog
from structlog.typing import Processor

from stream_app.worker.log_stream import LogStream

LogFormat = Literal["auto", "console", "json"]

_STAMPED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logs(form: LogFormat, stream: LogStream) -> dict[str, Any]:
    """Give our log its form; returns the configuration that gives the standard library's, so Faust's, the same."""
    as_json = form == "json" or (form == "auto" and not stream.isatty())
    rendering: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    if not as_json:
        rendering = [_console(colors=stream.isatty())]
    to = cast("TextIO", stream)
    structlog.configure(processors=[*_STAMPED, *rendering], logger_factory=structlog.PrintLoggerFactory(to))
    return _standard_library(rendering, stream)


def _console(*, colors: bool) -> Processor:
    """For people. Tracebacks without the values of variables, secrets and customers' data among them."""
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _standard_library(rendering: list[Processor], stream: LogStream) -> dict[str, Any]:
    """Warnings and worse, through the same processors. `foreign_pre_chain` sees what others have logged."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*_STAMPED, structlog.stdlib.add_logger_name],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    }
    handler = {"class": "logging.StreamHandler", "stream": stream, "formatter": "churn"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"churn": formatter},
        "handlers": {"stderr": handler},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
    }
