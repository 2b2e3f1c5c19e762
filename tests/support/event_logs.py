"""Writes event logs by hand: one call per event, readable times, records as a consumer would read them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

import msgspec

from schemas.events import ControlData
from schemas.instants import format_instant
from stream_app.core.durations import DAY_MS, HOUR_MS, MINUTE_MS
from stream_app.core.log import PlainRecord

START_MS = 19_783 * DAY_MS
"""2024-03-01T00:00Z, where a tile of every length begins."""


def at(*, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0, ms: int = 0) -> int:
    """So long after the start, in ms since the epoch."""
    return START_MS + days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * 1000 + ms


@dataclass(frozen=True)
class Event:
    """An event before it is numbered: taken down when it happened and sent then, unless said otherwise.

    With `recorded_ms` 0 the source says nothing, and `sent_ms`, the Kafka timestamp, stands in. Without an `event_id`
    it gets one of its own.
    """

    kind: str
    time_ms: int
    data: dict[str, Any]
    user: str | None
    event_id: str | None = None
    source: str = "/test"
    recorded_ms: int | None = None
    sent_ms: int | None = None

    def record(self, offset: int) -> PlainRecord:
        """Its log record."""
        recorded_ms = self.time_ms if self.recorded_ms is None else self.recorded_ms
        sent_ms = self.sent_ms or recorded_ms or self.time_ms
        value = {
            "type": f"churn.{self.kind}.v1",
            "specversion": "1.0",
            "id": self.event_id or f"event-{offset}",
            "source": self.source,
            "time": format_instant(self.time_ms),
            "data": self.data,
        }
        if self.user is not None:
            value["subject"] = self.user
        if recorded_ms:
            value["recordedtime"] = format_instant(recorded_ms)
        key = None if self.user is None else self.user.encode()
        return PlainRecord(offset, sent_ms, key, json.dumps(value).encode())


class How(TypedDict, total=False):
    """What an event can be told besides what happened."""

    user: str
    event_id: str
    source: str
    recorded_ms: int
    sent_ms: int


@dataclass
class LogWriter:
    """The events of one user after another, appended in the order in which they arrive."""

    user: str = "ana"
    events: list[Event] = field(default_factory=list)

    def does(self, action: str, time_ms: int, measures: Mapping[str, float] | None = None, **how: Unpack[How]) -> None:
        """The user acts in the product, with these numbers."""
        self._append("activity", time_ms, {"action": action} | ({"measures": measures} if measures else {}), how)

    def chats(self, event: str, time_ms: int, **how: Unpack[How]) -> None:
        """The user's support conversation is opened or closed."""
        self._append("conversation", time_ms, {"event": event, "conversation_ref": "c1"}, how)

    def says(
        self, time_ms: int, sentiment: float | None = None, direction: str = "inbound", **how: Unpack[How]
    ) -> None:
        """A chat message passes, with a sentiment or with its text only."""
        data = {"conversation_ref": "c1", "direction": direction}
        said = {"text": "hello"} if sentiment is None else {"sentiment": sentiment}
        self._append("message", time_ms, data | said, how)

    def becomes(self, time_ms: int, attributes: dict[str, str | float], **how: Unpack[How]) -> None:
        """Something lasting about the user becomes known."""
        self._append("profile", time_ms, {"attributes": attributes}, how)

    def records(self) -> list[PlainRecord]:
        """The log so far."""
        return records_of(self.events)

    def _append(self, kind: str, time_ms: int, data: dict[str, Any], how: How) -> None:
        told: How = {"user": self.user, **how}
        self.events.append(Event(kind, time_ms, data, **told))


def control(data: ControlData, time_ms: int = START_MS) -> Event:
    """From here on this model and policy are in force."""
    return Event("control", time_ms, msgspec.to_builtins(data), user=None)


def records_of(events: Iterable[Event], first_offset: int = 0) -> list[PlainRecord]:
    """Events as records of one partition with offsets that follow one another."""
    return [event.record(offset) for offset, event in enumerate(events, start=first_offset)]


def records_of_lines(lines: Sequence[bytes]) -> list[PlainRecord]:
    """The lines of an event file as records that were all sent at its start: event times stand in the lines."""
    return [PlainRecord(offset, START_MS, None, line) for offset, line in enumerate(lines)]
