"""Which events are admitted, and when they are taken to have happened: one by one, and for a batch at once."""

import numpy as np

from schemas.errors import Poison
from schemas.events import UserEvent
from schemas.instants import parse_instant
from stream_app.core.durations import DAY_MS, MINUTE_MS
from stream_app.core.intake.instants import NO_TIME
from stream_app.core.tables import Integers

MAX_AHEAD_MS = 5 * MINUTE_MS
"""An event time is taken to be at most so far after its ingest time."""
FUTURE_MS = DAY_MS
"""An event that claims to be further ahead than this is poison."""

LATEST_MS = 221_845_392_000_000
"""The year 9000: event times stay far enough from the last that can be written that a cooldown can be added."""


def admit(event: UserEvent, timestamp_ms: int) -> tuple[str, int]:
    """The user and event time (ms) of an event that was sent at `timestamp_ms`.

    The event time is at most five minutes after the ingest time, so that one wrong clock cannot push its user's ahead.
    Raises Poison: `no_user`, `schema` (no such time) or `future`.
    """
    if not event.subject:
        raise Poison("no_user", "the event has no subject")
    claimed_ms = instant_ms(event.time)
    recorded = event.recordedtime
    if recorded is None:
        ingest_ms = timestamp_ms
    else:
        ingest_ms = claimed_ms if recorded == event.time else instant_ms(recorded)
    if not 0 < claimed_ms < LATEST_MS:
        raise Poison("schema", f"the event time {event.time} is not between 1970 and 9000")
    if claimed_ms > ingest_ms + FUTURE_MS:
        raise Poison("future", f"the event time {event.time} is more than 24 h after the event was taken down")
    return event.subject, max(1, min(claimed_ms, ingest_ms + MAX_AHEAD_MS))


def admitted_times(claimed_ms: Integers, ingested_ms: Integers) -> Integers:
    """The event times of events that `admit` would admit; NO_TIME where it might not."""
    fits = (claimed_ms > 0) & (claimed_ms < LATEST_MS) & (claimed_ms <= ingested_ms + FUTURE_MS)
    return np.where(fits, np.maximum(1, np.minimum(claimed_ms, ingested_ms + MAX_AHEAD_MS)), NO_TIME)


def instant_ms(text: str) -> int:
    """A point in time. Raises Poison: `schema`."""
    try:
        return parse_instant(text)
    except (ValueError, OverflowError) as error:
        raise Poison("schema", str(error)) from error
