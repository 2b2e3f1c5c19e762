"""Folds what a topic holds once more, from nothing, and keeps what must equal the live run."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from backtest.usefulness import Audience
from schemas.alerts import Alert
from stream_app.core.engine import Engine
from stream_app.core.log import LogRecord
from stream_app.core.replay import Replay
from stream_app.core.trace import TRACE, traced


class Replayed:
    """The traces, alerts and audience of the partitions folded so far."""

    def __init__(self, engine: Engine) -> None:
        self.alerts: list[Alert] = []
        self.audience = Audience(engine.compiled.workload.churn)
        self._engine = engine
        self._traces = [np.zeros(0, TRACE)]

    @property
    def trace(self) -> NDArray[np.void]:
        """Every scored record."""
        return np.concatenate(self._traces)

    def fold(
        self,
        partition: int,
        partitions: int,
        chunks: Iterable[Sequence[LogRecord]],
        barred: Collection[int] = frozenset(),
    ) -> None:
        """Replay one partition from its first record on, without the offsets that were set aside as `bug`."""
        replay = Replay(self._engine, partition, partitions, barred)
        for chunk in chunks:
            for step in replay.apply(chunk):
                self._traces.append(traced(partition, step.advance))
                self.alerts += step.advance.alerts
                self.audience.see(step.intake.events)
