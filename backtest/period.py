"""Which events of a log are counted: those taken down within a period. The fold always takes the whole log."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.instants import format_instant, parse_instant
from stream_app.core.intake.events import Events
from stream_app.core.intake.instants import parse_canonical
from stream_app.core.tables import Integers

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Period:
    """From the first instant up to, not including, the second, in ms; None leaves a side open."""

    from_ms: int | None = None
    to_ms: int | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a period without an instant in it."""
        if self.from_ms is not None and self.to_ms is not None and self.from_ms >= self.to_ms:
            raise ValueError(
                f"{format_instant(self.to_ms)} is not after {format_instant(self.from_ms)}, nothing would be counted"
            )

    def holds(self, events: Events) -> NDArray[np.bool_]:
        """For each event whether its ingest time lies within."""
        inside = np.ones(len(events), np.bool_)
        if self.from_ms is None and self.to_ms is None:
            return inside
        ingested_ms = _ingest_times_ms(events)
        if self.from_ms is not None:
            inside &= ingested_ms >= self.from_ms
        if self.to_ms is not None:
            inside &= ingested_ms < self.to_ms
        return inside


def bound_ms(text: str) -> int:
    """The instant, in ms, that a bound of a period names; a date stands for its first instant in UTC.

    Raises ValueError for anything else.
    """
    try:
        return parse_instant(f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is neither a date such as 2024-01-31 nor an RFC 3339 instant such as 2024-01-31T12:00:00Z"
        ) from error


def _ingest_times_ms(events: Events) -> Integers:
    """When each event was taken down: `recordedtime`, else the time of sending."""
    recorded = [event.recordedtime for event in events.events]
    at_once = parse_canonical([text for text in recorded if text is not None]) if None not in recorded else None
    if at_once is not None:
        return at_once
    pairs = zip(recorded, events.records.timestamps.tolist(), strict=True)
    times_ms = (sent_ms if text is None else parse_instant(text) for text, sent_ms in pairs)
    return np.fromiter(times_ms, np.int64, len(events))
