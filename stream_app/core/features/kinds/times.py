"""Features of time: since when, how long ago, and the session."""

from collections.abc import Iterable
from dataclasses import dataclass

from stream_app.core.features.fold import SESSION_EVENTS, SESSION_MINUTES, SeenRow, SessionRow, SinceRow
from stream_app.core.features.kinds.kind import Kept, Kind, Places, Row


@dataclass(frozen=True)
class HoursSeen(Kind):
    """Hours since the user's first event, at most `cap_hours`: of what time counts can be."""

    TAG = "hours_seen"

    cap_hours: int
    label: str

    def kept(self) -> Kept:
        """Nothing of its own: every state has the time of its first event."""
        return Kept()

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        del at
        return [SeenRow(column, self.cap_hours)]


@dataclass(frozen=True)
class HoursSince(Kind):
    """Hours since the signal was last raised, at most `cap_hours`; the cap if it never was."""

    TAG = "hours_since"

    signal: str
    cap_hours: int
    label: str

    def kept(self) -> Kept:
        """When it was raised last."""
        return Kept(last=(self.signal,))

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        return [SinceRow(column, at.last(self.signal), self.cap_hours)]


@dataclass(frozen=True)
class SessionMinutes(Kind):
    """Length of the session so far; 0 when it is over."""

    TAG = "session_minutes"

    label: str

    def kept(self) -> Kept:
        """Nothing of its own: every state has its session."""
        return Kept()

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        del at
        return [SessionRow(column, SESSION_MINUTES)]


@dataclass(frozen=True)
class SessionEvents(Kind):
    """Events of the session so far; 0 when it is over."""

    TAG = "session_events"

    label: str

    def kept(self) -> Kept:
        """Nothing of its own: every state has its session."""
        return Kept()

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        del at
        return [SessionRow(column, SESSION_EVENTS)]
