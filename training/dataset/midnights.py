"""Where the days of a log end: the midnights (UTC) that pass between two of its records, by their times of sending."""

from collections.abc import Iterator, Sequence

from stream_app.core.durations import DAY_MS
from stream_app.core.log import LogRecord


class Midnights:
    """Cuts a log at its midnights. A record that was sent earlier than one before it does not turn time back."""

    def __init__(self) -> None:
        self._day = 0

    def cut(self, records: Sequence[LogRecord]) -> Iterator[tuple[range, Sequence[LogRecord]]]:
        """Pieces of consecutive records, each behind the midnights, in ms, that pass before its first record."""
        start, passed = 0, range(0)
        for place, record in enumerate(records):
            if record.timestamp // DAY_MS > self._day:
                if place > start:
                    yield passed, records[start:place]
                start, passed = place, self._pass_to(record.timestamp // DAY_MS)
        yield passed, records[start:]

    def _pass_to(self, day: int) -> range:
        """Every midnight up to the one with which a day begins; none before the log's first record."""
        first = self._day + 1 if self._day else day + 1
        self._day = day
        return range(first * DAY_MS, (day + 1) * DAY_MS, DAY_MS)
