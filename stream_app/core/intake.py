"""From log records to columns: decode, admit or reject each record, and say which signals it raises.

Nothing here depends on where a batch was cut, except that a batch ends before a control record that follows events: so
one model and one policy are in force for all events of a batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast, overload

import numpy as np
from numpy.typing import NDArray

from schemas.dead_letters import Reason
from schemas.errors import Poison
from schemas.events import (
    USER_EVENTS,
    Activity,
    Clock,
    Control,
    ControlData,
    Conversation,
    Message,
    Profile,
    Record,
    UserEvent,
)
from schemas.instants import parse_instant
from stream_app.core.catalogue import DAY_MS, MINUTE_MS, SENTIMENT_SCALE
from stream_app.core.decoding import decode_all, decode_record
from stream_app.core.hashing import event_hashes, partitions_of
from stream_app.core.instants import parse_canonical
from stream_app.core.log import LogRecord
from stream_app.core.tables import Columns, Integers

MAX_AHEAD_MS = 5 * MINUTE_MS
"""An event time is taken to be at most so far after its ingest time."""
FUTURE_MS = DAY_MS
"""An event that claims to be further ahead than this is poison."""

LATEST_MS = 221_845_392_000_000
"""The year 9000: event times stay far enough from the last that can be written that a cooldown can be added."""


@dataclass(frozen=True)
class DeadLetter:
    """A record that can never be applied, and why."""

    record: LogRecord
    reason: Reason
    message: str


@dataclass(frozen=True)
class Admitted:
    """An event that will be applied."""

    record: LogRecord
    event: UserEvent
    user: str
    time_ms: int


@dataclass
class Events(Sequence[Admitted]):
    """Admitted events in log order, column by column: one object an event would cost more than folding it."""

    records: list[LogRecord] = field(default_factory=list)
    events: list[UserEvent] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    times_ms: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> Admitted: ...
    @overload
    def __getitem__(self, index: slice) -> "Events": ...
    def __getitem__(self, index: int | slice) -> "Admitted | Events":
        """One admitted event, or a run of them."""
        if isinstance(index, slice):
            return Events(self.records[index], self.events[index], self.users[index], self.times_ms[index])
        return Admitted(self.records[index], self.events[index], self.users[index], int(self.times_ms[index]))


@dataclass
class Intake:
    """A run of records, sorted out. `control` is what comes into force before its first event, if anything does."""

    end_offset: int
    control: ControlData | None = None
    events: Events = field(default_factory=Events)
    dead: list[DeadLetter] = field(default_factory=list)
    controls: int = 0
    clocks: int = 0


def take_in(records: Sequence[LogRecord], partition: int, partitions: int) -> Intake:
    """Sort out a run of records of one partition, up to the first control record that follows an event."""
    decoded = decode_all([record.value for record in records])
    events = None if decoded is None else _admit_all(records, decoded)
    if events is None:
        intake = _one_by_one(records)
    else:
        intake = Intake(end_offset=records[-1].offset + 1, events=events)
    _reject_mispartitioned(intake, partition, partitions)
    return intake


def _admit_all(records: Sequence[LogRecord], decoded: list[Record]) -> Events | None:
    """The records as events if all of them are, and none of them is poison; None if they must be told apart."""
    if not set(map(type, decoded)).issubset(USER_EVENTS):
        return None
    users = [event.subject for event in decoded]
    texts = [event.time for event in decoded]
    recorded = [event.recordedtime for event in decoded]
    claimed = parse_canonical(texts)
    if claimed is None or None in users or "" in users:
        return None
    if recorded == texts:
        ingested = claimed
    elif recorded.count(None) == len(recorded):
        ingested = np.fromiter((record.timestamp for record in records), np.int64, len(records))
    else:
        return None
    if claimed.min() <= 0 or claimed.max() >= LATEST_MS or np.any(claimed > ingested + FUTURE_MS):
        return None
    times_ms = np.maximum(1, np.minimum(claimed, ingested + MAX_AHEAD_MS))
    return Events(list(records), cast("list[UserEvent]", decoded), cast("list[str]", users), times_ms)


def _one_by_one(records: Sequence[LogRecord]) -> Intake:
    intake = Intake(end_offset=records[0].offset)
    admitted: list[Admitted] = []
    for record in records:
        try:
            decoded = decode_record(record.value)
            if isinstance(decoded, Control):
                _instant_ms(decoded.time)
                if admitted:
                    break
                intake.control = decoded.data
                intake.controls += 1
            elif isinstance(decoded, Clock):
                _instant_ms(decoded.time)
                intake.clocks += 1
            else:
                admitted.append(Admitted(record, decoded, *admit(decoded, record.timestamp)))
        except Poison as poison:
            intake.dead.append(DeadLetter(record, poison.reason, poison.message))
        intake.end_offset = record.offset + 1
    intake.events = events_of(admitted)
    return intake


def events_of(admitted: Sequence[Admitted]) -> Events:
    """Admitted events as columns."""
    return Events(
        [one.record for one in admitted],
        [one.event for one in admitted],
        [one.user for one in admitted],
        np.array([one.time_ms for one in admitted], np.int64),
    )


def admit(event: UserEvent, timestamp_ms: int) -> tuple[str, int]:
    """The user and event time (ms) of an event that was sent at `timestamp_ms`.

    The event time is at most five minutes after the ingest time, so that one wrong clock cannot push its user's ahead.
    Raises Poison: `no_user`, `schema` (no such time) or `future`.
    """
    if not event.subject:
        raise Poison("no_user", "the event has no subject")
    claimed_ms = _instant_ms(event.time)
    recorded = event.recordedtime
    if recorded is None:
        ingest_ms = timestamp_ms
    else:
        ingest_ms = claimed_ms if recorded == event.time else _instant_ms(recorded)
    if not 0 < claimed_ms < LATEST_MS:
        raise Poison("schema", f"the event time {event.time} is not between 1970 and 9000")
    if claimed_ms > ingest_ms + FUTURE_MS:
        raise Poison("future", f"the event time {event.time} is more than 24 h after the event was taken down")
    return event.subject, max(1, min(claimed_ms, ingest_ms + MAX_AHEAD_MS))


def _instant_ms(text: str) -> int:
    try:
        return parse_instant(text)
    except (ValueError, OverflowError) as error:
        raise Poison("schema", str(error)) from error


def _reject_mispartitioned(intake: Intake, partition: int, partitions: int) -> None:
    """A user's events must all stand in the partition that murmur2 gives, or there would be two states of one user."""
    users = list(dict.fromkeys(intake.events.users))
    homes = dict(zip(users, partitions_of([user.encode() for user in users], partitions).tolist(), strict=True))
    if all(home == partition for home in homes.values()):
        return
    for admitted in intake.events:
        if homes[admitted.user] != partition:
            text = f"user {admitted.user} belongs to partition {homes[admitted.user]}: produce with murmur2"
            intake.dead.append(DeadLetter(admitted.record, "mispartitioned", text))
    intake.events = events_of([admitted for admitted in intake.events if homes[admitted.user] == partition])
    intake.dead.sort(key=lambda letter: letter.record.offset)


def users_of(events: Events) -> dict[str, int]:
    """The users of a run of events in order of first appearance, numbered from 0."""
    return {user: slot for slot, user in enumerate(dict.fromkeys(events.users))}


def to_columns(events: Events, patterns: Mapping[tuple[str, str], int], slots: Mapping[str, int]) -> Columns:
    """The columns of a run of events; `slots` maps each of its users to a record."""
    n = len(events)
    row_from, pattern, value = _rows(events.events, patterns)
    return Columns(
        slot=np.fromiter(map(slots.__getitem__, events.users), np.int64, n),
        time=events.times_ms,
        offset=np.fromiter((record.offset for record in events.records), np.int64, n),
        id_hash=event_hashes([event.source for event in events.events], [event.id for event in events.events]),
        row_from=row_from,
        pattern=pattern,
        value=value,
    )


def _rows(events: list[UserEvent], patterns: Mapping[tuple[str, str], int]) -> tuple[Integers, Integers, Integers]:
    """Where each event's rows begin, and pattern and value of each row. Nearly all events are activity: one row."""
    actions = {name: index for (kind, name), index in patterns.items() if kind == "activity"}
    pattern = np.array([actions.get(e.data.action, 0) if type(e) is Activity else -1 for e in events], np.int64)
    value = np.zeros(len(events), np.int64)
    others = {i: signals_of(events[i], patterns) for i in np.flatnonzero(pattern < 0).tolist()}
    lengths = np.ones(len(events), np.int64)
    for i, rows in others.items():
        lengths[i] = len(rows)
    row_from = np.concatenate([[0], np.cumsum(lengths)])
    pattern, value = np.repeat(pattern, lengths), np.repeat(value, lengths)
    for i, rows in others.items():
        pattern[row_from[i] : row_from[i + 1]] = [row for row, _ in rows]
        value[row_from[i] : row_from[i + 1]] = [own for _, own in rows]
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
