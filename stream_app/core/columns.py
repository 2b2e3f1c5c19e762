"""From admitted events to what the fold reads: whose each event is, and which signals it raises."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stream_app.core.features.sources import SignalSource
from stream_app.core.intake.events import Events
from stream_app.core.intake.facts import EventFact
from stream_app.core.quantities import ABSENT
from stream_app.core.tables import Columns, Integers

Patterns = Mapping[tuple[str, str], int]
"""What an event can be, as (kind, name), to the number of the signals that it then raises; none is 0."""


def to_columns(events: Events, patterns: Patterns) -> Columns:
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


def rows_of(facts: Sequence[EventFact], patterns: Patterns) -> list[tuple[int, int]]:
    """Pattern and value of each row of an event that says so; pattern 0 if the workload knows nothing of it."""
    rows = [(_pattern(fact.kind, fact.names, patterns), fact.value) for fact in facts]
    return [row for row in rows if row[0]] or [(0, 0)]


def _pattern(kind: str, names: Sequence[str], patterns: Patterns) -> int:
    return next((patterns[kind, name] for name in names if (kind, name) in patterns), 0)


def raised_by(events: Events, sources: Iterable[SignalSource]) -> NDArray[np.bool_]:
    """Of each event whether any of these sources selects it, as the fold would."""
    row_from, pattern, _ = _rows(events, dict.fromkeys(((source.kind, source.name) for source in sources), 1))
    chosen = np.concatenate([[0], np.cumsum(pattern)])
    return np.asarray(chosen[row_from[1:]] > chosen[row_from[:-1]])


def _rows(events: Events, patterns: Patterns) -> tuple[Integers, Integers, Integers]:
    """Where each event's rows begin, and pattern and value of each row. Nearly all events are activity: one row."""
    wide, own = _of_found(events, patterns)
    if not events.measures and not events.facts:
        return np.arange(len(events) + 1), wide[:, 0], own[:, 0]
    kept = wide > 0
    kept[:, 0] |= (events.action >= 0) & ~kept.any(axis=1)
    others = {place: rows_of(facts, patterns) for place, facts in events.facts.items()}
    lengths = kept.sum(axis=1)
    for place, rows in others.items():
        lengths[place] = len(rows)
    row_from = np.concatenate([[0], np.cumsum(lengths)])
    pattern, value = np.empty(row_from[-1], np.int64), np.empty(row_from[-1], np.int64)
    found = np.repeat(events.action >= 0, lengths)
    pattern[found], value[found] = wide[kept], own[kept]
    for place, rows in others.items():
        pattern[row_from[place] : row_from[place + 1]] = [row for row, _ in rows]
        value[row_from[place] : row_from[place + 1]] = [number for _, number in rows]
    return row_from, pattern, value


def _of_found(events: Events, patterns: Patterns) -> tuple[Integers, Integers]:
    """Pattern and value of each event's action and measures if it is a canonical activity; 0 where there is none."""
    known = np.zeros((len(events.actions) + 1, 1 + len(events.measures)), np.int64)
    for row, action in enumerate(events.actions):
        known[row, 0] = _pattern("activity", (action,), patterns)
        known[row, 1:] = [_pattern("measure", (f"{action}.{name}", name), patterns) for name in events.measures]
    wide = known[events.action]
    wide[:, 1:][events.measured == ABSENT] = 0
    return wide, np.concatenate([np.zeros((len(events), 1), np.int64), events.measured], axis=1)
