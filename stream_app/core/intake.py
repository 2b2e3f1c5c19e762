"""From log records to columns: decode, admit or reject each record, and say which signals it raises.

Nothing here depends on where a batch was cut, except that a batch ends before a control record that follows events: so
one model and one policy are in force for all events of a batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from schemas.dead_letters import Reason
from schemas.errors import Poison
from schemas.events import (
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
from schemas.topics import MAX_EVENT_BYTES
from stream_app.core.catalogue import DAY_MS, MINUTE_MS, SENTIMENT_SCALE
from stream_app.core.fold import Columns
from stream_app.core.hashing import event_hash, partitions_of
from stream_app.core.log import LogRecord

MAX_AHEAD_MS = 5 * MINUTE_MS
"""An event time is taken to be at most so far after its ingest time."""
FUTURE_MS = DAY_MS
"""An event that claims to be further ahead than this is poison."""

MAX_NESTING = 100
"""Levels of JSON objects and arrays in an event."""

LATEST_MS = 221_845_392_000_000
"""The year 9000: event times stay far enough from the last that can be written that a cooldown can be added."""

_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


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
class Intake:
    """A run of records, sorted out. `control` is what comes into force before its first event, if anything does."""

    end_offset: int
    control: ControlData | None = None
    events: list[Admitted] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    controls: int = 0
    clocks: int = 0


def take_in(records: Sequence[LogRecord], partition: int, partitions: int) -> Intake:
    """Sort out a run of records of one partition, up to the first control record that follows an event."""
    intake = Intake(end_offset=records[0].offset)
    for record in records:
        try:
            decoded = decode_record(record.value)
            if isinstance(decoded, Control):
                _instant_ms(decoded.time)
                if intake.events:
                    break
                intake.control = decoded.data
                intake.controls += 1
            elif isinstance(decoded, Clock):
                _instant_ms(decoded.time)
                intake.clocks += 1
            else:
                intake.events.append(_admit(record, decoded))
        except Poison as poison:
            intake.dead.append(DeadLetter(record, poison.reason, poison.message))
        intake.end_offset = record.offset + 1
    _reject_mispartitioned(intake, partition, partitions)
    return intake


def decode_record(value: bytes | None) -> Record:
    """The record that a value holds. Raises Poison: `undecodable`, `schema` or `too_large`."""
    if value is None:
        raise Poison("undecodable", "the record has no value")
    if len(value) > MAX_EVENT_BYTES:
        raise Poison("too_large", f"{len(value)} bytes, at most {MAX_EVENT_BYTES} are allowed")
    if _nesting(value) > MAX_NESTING:
        raise Poison("undecodable", f"nested more than {MAX_NESTING} levels deep")
    try:
        return _decoder.decode(value)
    except msgspec.ValidationError as error:
        raise Poison("schema", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Poison("undecodable", str(error)) from error


def _nesting(value: bytes) -> int:
    """How deep the JSON is nested, if it may be too deep: the decoder's own limit depends on who calls it."""
    if value.count(b"{") + value.count(b"[") <= MAX_NESTING:
        return 0
    depth = deepest = 0
    in_text = escaped = False
    for byte in value:
        if in_text:
            in_text = escaped or byte != ord('"')
            escaped = byte == ord("\\") and not escaped
        elif byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
        else:
            in_text = byte == ord('"')
    return deepest


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


def _admit(record: LogRecord, event: UserEvent) -> Admitted:
    user, time_ms = admit(event, record.timestamp)
    return Admitted(record, event, user, time_ms)


def _reject_mispartitioned(intake: Intake, partition: int, partitions: int) -> None:
    """A user's events must all stand in the partition that murmur2 gives, or there would be two states of one user."""
    belongs = partitions_of([admitted.user.encode() for admitted in intake.events], partitions)
    if np.all(belongs == partition):
        return
    for admitted, home in zip(intake.events, belongs.tolist(), strict=True):
        if home != partition:
            text = f"user {admitted.user} belongs to partition {home}: produce with the murmur2 partitioner"
            intake.dead.append(DeadLetter(admitted.record, "mispartitioned", text))
    intake.events = [a for a, home in zip(intake.events, belongs.tolist(), strict=True) if home == partition]
    intake.dead.sort(key=lambda letter: letter.record.offset)


def users_of(events: Sequence[Admitted]) -> dict[str, int]:
    """The users of a run of events in order of first appearance, numbered from 0."""
    return {user: slot for slot, user in enumerate(dict.fromkeys(admitted.user for admitted in events))}


def to_columns(
    events: Sequence[Admitted], patterns: Mapping[tuple[str, str], int], slots: Mapping[str, int]
) -> Columns:
    """The columns of a run of events; `slots` maps each of its users to a record."""
    row_from, pattern, value = [0], [], []
    for admitted in events:
        for row_pattern, row_value in signals_of(admitted.event, patterns):
            pattern.append(row_pattern)
            value.append(row_value)
        row_from.append(len(pattern))
    return Columns(
        slot=np.array([slots[admitted.user] for admitted in events], np.int64),
        time=np.array([admitted.time_ms for admitted in events], np.int64),
        offset=np.array([admitted.record.offset for admitted in events], np.int64),
        id_hash=np.array([event_hash(a.event.source, a.event.id) for a in events], np.uint32),
        row_from=np.array(row_from, np.int64),
        pattern=np.array(pattern, np.int64),
        value=np.array(value, np.int64),
    )


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
