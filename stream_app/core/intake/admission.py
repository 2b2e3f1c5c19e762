"""Which events are admitted, and when they are taken to have happened."""

import numpy as np

from schemas.errors import Poison
from schemas.events import UserEvent
from schemas.instants import shown_instant, unit_of
from stream_app.core.durations import DAY_MS, MINUTE_MS
from stream_app.core.intake.instants import NO_TIME, instant_ms
from stream_app.core.tables import Integers

MAX_AHEAD_MS = 5 * MINUTE_MS
"""An event time is taken to be at most so far after its ingest time."""
FUTURE_MS = DAY_MS
"""An event that claims to be further ahead than this is poison."""

LATEST_MS = 221_845_392_000_000
"""The year 9000: event times stay far enough from the last that can be written that a cooldown can be added."""


def admitted_times(claimed_ms: Integers, ingested_ms: Integers) -> Integers:
    """The event times of events, NO_TIME for those that are not admitted: none is further ahead of its ingest time than
    five minutes, so that one wrong clock cannot push its user's ahead."""
    fits = (claimed_ms > 0) & (claimed_ms < LATEST_MS) & (claimed_ms <= ingested_ms + FUTURE_MS)
    return np.where(fits, np.maximum(1, np.minimum(claimed_ms, ingested_ms + MAX_AHEAD_MS)), NO_TIME)


def refusal_of(event: UserEvent, sent_ms: int) -> Poison:
    """Why an event that has no admitted time, in a record of this timestamp, is refused: `no_user`, `schema` (no such
    time) or `future`."""
    if not event.subject:
        return Poison("no_user", "the event has no subject")
    try:
        claimed_ms = instant_ms(event.time)
        if event.recordedtime is not None:
            instant_ms(event.recordedtime, "recordedtime")
    except Poison as poison:
        return poison
    if not 0 < claimed_ms < LATEST_MS:
        return Poison("schema", f"the event time {event.time} is not between 1970 and 9000")
    return Poison("future", f"the event time {event.time} is more than 24 h after {_taken_down(event, sent_ms)}")


def _taken_down(event: UserEvent, sent_ms: int) -> str:
    """When the event was taken down; a record's timestamp of 1970 is told with its likely unit."""
    if event.recordedtime is not None:
        return f"the event was taken down, at the recordedtime {event.recordedtime}"
    said = f"the record's timestamp {sent_ms} ({shown_instant(sent_ms)})"
    unit, meant_ms = unit_of(sent_ms)
    if sent_ms <= 0 or unit == "milliseconds":
        return said
    return f"{said}, which is {shown_instant(meant_ms)} if it counts {unit}: Kafka's timestamps count milliseconds"
