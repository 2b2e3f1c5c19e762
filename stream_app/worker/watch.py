"""Counts what a worker does and, if asked to, writes down a fingerprint of everything that it scored."""

from collections import Counter
from pathlib import Path

import numpy as np

from stream_app.core.hashing import fingerprints
from stream_app.core.trace import TRACE
from stream_app.partition.effects import Report


class Counts:
    """Running totals since the start. applied (late ones among them) + repeated + dead + control + clock = offsets."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()

    def committed(self, _partition: int, report: Report) -> None:
        """Add a committed batch."""
        intake, advance = report.intake, report.advance
        self.totals.update(
            applied=advance.applied,
            late=advance.late,
            repeated=advance.repeated,
            scored=len(advance.scored),
            unscored=advance.applied - len(advance.scored),
            alerts=len(advance.alerts),
            dead=len(intake.dead),
            control=intake.controls,
            clock=intake.clocks,
            batches=1,
        )


class Trace:
    """A file of TRACE records: partition, offset and fingerprint of vector and score of every scored event."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def committed(self, partition: int, report: Report) -> None:
        """Append a committed batch in one write."""
        advance = report.advance
        if not len(advance.scored):
            return
        records = np.zeros(len(advance.scored), TRACE)
        records["partition"] = partition
        records["offset"] = advance.offsets
        records["fingerprint"] = fingerprints(advance.vectors, advance.scores)
        self._file.write(records.tobytes())
