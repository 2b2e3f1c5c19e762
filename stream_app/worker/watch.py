"""Counts what a worker does and, if asked to, writes down a fingerprint of everything that it scored."""

from collections import Counter
from pathlib import Path

from stream_app.core.trace import traced
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
        self._file.write(traced(partition, report.advance).tobytes())
