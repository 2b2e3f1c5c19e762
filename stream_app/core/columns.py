"""From admitted events to what the fold reads: whose each event is, and which signals it raises."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from schemas.events import Activity, Conversation, Message, Profile, UserEvent
from stream_app.core.features.sources import SENTIMENT_SCALE, Source
from stream_app.core.intake.events import Events
from stream_app.core.tables import Columns, Integers


def to_columns(events: Events, patterns: Mapping[tuple[str, str], int]) -> Columns:
    """The columns of a run of events; its users' records stand in the order of their names."""
    row_from, pattern, value = _rows(events, patterns)
    return Columns(
        slot=events.user,
        time=events.times_ms,
        offset=events.offsets,
        id_hash=events.id_hash,
        row_from=row_from,
        pattern=pattern,
        value=value,
    )


def raised_by(events: Events, sources: Iterable[Source]) -> NDArray[np.bool_]:
    """Of each event whether any of these sources selects it, as the fold would."""
    row_from, pattern, _ = _rows(events, dict.fromkeys(((source.kind, source.name) for source in sources), 1))
    chosen = np.concatenate([[0], np.cumsum(pattern)])
    return np.asarray(chosen[row_from[1:]] > chosen[row_from[:-1]])


def _rows(events: Events, patterns: Mapping[tuple[str, str], int]) -> tuple[Integers, Integers, Integers]:
    """Where each event's rows begin, and pattern and value of each row. Nearly all events are activity: one row."""
    known = [patterns.get(("activity", action), 0) for action in events.actions]
    pattern = np.array([*known, -1], np.int64)[events.action]
    value, lengths = np.zeros(len(events), np.int64), np.ones(len(events), np.int64)
    others = {place: signals_of(event, patterns) for place, event in events.decoded.items()}
    for place, rows in others.items():
        lengths[place] = len(rows)
    row_from = np.concatenate([[0], np.cumsum(lengths)])
    pattern, value = np.repeat(pattern, lengths), np.repeat(value, lengths)
    for place, rows in others.items():
        pattern[row_from[place] : row_from[place + 1]] = [row for row, _ in rows]
        value[row_from[place] : row_from[place + 1]] = [own for _, own in rows]
    return row_from, pattern, value


def signals_of(event: UserEvent, patterns: Mapping[tuple[str, str], int]) -> list[tuple[int, int]]:
    """The patterns that an event matches, each with the event's own value; pattern 0 where the workload knows none."""
    match event:
        case Activity():
            return [(patterns.get(("activity", event.data.action), 0), 0)]
        case Conversation():
            return [(patterns.get(("conversation", event.data.event), 0), 0)]
        case Message(data=data) if data.sentiment is not None and ("sentiment", data.direction) in patterns:
            return [(patterns["sentiment", data.direction], round(data.sentiment * SENTIMENT_SCALE))]
        case Message():
            return [(patterns.get(("message", event.data.direction), 0), 0)]
        case Profile():
            keys = [("profile", f"{name}={value}") for name, value in event.data.attributes.items()]
            return [(patterns[key], 0) for key in keys if key in patterns] or [(0, 0)]
