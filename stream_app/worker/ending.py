"""How a worker ends: when it is told to, within its time, or with what it left behind.

Kafka or Redis may have fallen silent, and no more is lost by ending now than by a kill: the next owner reads the truth.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

import faust
import structlog

from stream_app.worker.transport import ChunkApp

EXIT_LEFT_WORK = 1

_log = structlog.get_logger()


class EndingWorker(faust.Worker):  # type: ignore[misc]
    """Faust's worker, which ends within its time once a signal has told it to."""

    def __init__(self, app: ChunkApp, within_s: float, drain: Callable[[], None], **options: Any) -> None:
        """`drain` has what was logged so far written."""
        super().__init__(app, **options)
        self.spinner = None  # it sets the root logger to DEBUG, and puts a terminal's codes among the log's lines
        self._within_s = within_s
        self._drain = drain
        self._deadline: threading.Timer | None = None

    def _schedule_shutdown(self, signal: Any) -> None:
        if self._deadline is None:
            self._deadline = threading.Timer(self._within_s, self._leave)
            self._deadline.daemon = True
            self._deadline.start()
        super()._schedule_shutdown(signal)

    def _leave(self) -> None:
        _log.error(
            "not_ended_in_time",
            partitions=sorted(self.app.owner.partitions),
            why=f"Kafka or Redis did not answer within {self._within_s:g} s (CHURN_STOP_WITHIN_S): what was not "
            "committed is done by the next owner",
        )
        self._drain()
        os._exit(EXIT_LEFT_WORK)
