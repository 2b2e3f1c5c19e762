"""Folds what a topic holds once more, from nothing, and keeps what must equal the live run."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backtest.usefulness import Audience
from schemas.alerts import Alert
from stream_app.core.engine import Engine
from stream_app.core.log import LogRecord
from stream_app.core.replay import Replay
from stream_app.core.trace import TRACE, traced


@dataclass
class Replayed:
    """The traces, alerts and audience of the partitions folded so far."""

    traces: list[NDArray[np.void]] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    audience: Audience = field(default_factory=Audience)

    @property
    def trace(self) -> NDArray[np.void]:
        """Every scored record."""
        return np.concatenate([np.zeros(0, TRACE), *self.traces])

    def fold(
        self,
        engine: Engine,
        partition: int,
        partitions: int,
        chunks: Iterable[Sequence[LogRecord]],
        barred: Collection[int] = frozenset(),
    ) -> None:
        """Replay one partition from its first record on, without the offsets that were set aside as `bug`."""
        replay = Replay(engine, partition, partitions, barred)
        for chunk in chunks:
            for step in replay.apply(chunk):
                self.traces.append(traced(partition, step.advance))
                self.alerts += step.advance.alerts
                self.audience.see_all(step.intake.events)
