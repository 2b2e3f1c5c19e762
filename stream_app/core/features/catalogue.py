"""What we know about a user, as data: signals and what raises them, features and what they read.

A workload is a dictionary of signals and a dictionary of features. Nothing here computes; `plan` compiles it.

Windows are made of tiles: a window of n tiles is the n tiles ending with the tile of the user's clock. All arithmetic
is on integers until the read-out, which uses IEEE + - * / only, so that every run gives the same bits.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.events import Policy
from stream_app.core.durations import DAY_MS, HOUR_MS, MINUTE_MS

SESSION_GAP_MS = 30 * MINUTE_MS
"""A longer silence ends a session."""
SESSION_LATENESS_MS = 10 * MINUTE_MS
"""A later event leaves sessions alone. Shorter than the gap, so that an event in time is always in the last session."""
SENTIMENT_SCALE = 1000
"""Real inputs become integers when they enter: a sentiment is kept in thousandths."""

LONGEST_WAIT_MS = DAY_MS
"""A longer wait counts as one of this length: nobody waits for an answer for ever."""

ACTIVITY = "activity"
SESSION = "session"
BUILT_IN_SIGNALS = (ACTIVITY, SESSION)
"""Raised by the fold itself: by every applied event, and at the start of every session."""


@dataclass(frozen=True)
class Window:
    """`tiles` tiles of `tile_ms` each."""

    tile_ms: int
    tiles: int


WINDOWS = {
    "1h": Window(5 * MINUTE_MS, 12),
    "1d": Window(HOUR_MS, 24),
    "7d": Window(DAY_MS, 7),
    "30d": Window(DAY_MS, 30),
}


@dataclass(frozen=True)
class Source:
    """What raises a signal. `kind` and `name` select events; `value` is the signal's value, None the event's own."""

    kind: str
    name: str
    value: int | None = 1


def action(name: str, value: int = 1) -> Source:
    """An activity event with this action."""
    return Source("activity", name, value)


def conversation(event: str) -> Source:
    """A support conversation `opened` or `closed`."""
    return Source("conversation", event)


def message(direction: str) -> Source:
    """A chat message, `inbound` or `outbound`."""
    return Source("message", direction)


def sentiment(direction: str) -> Source:
    """The sentiment of a chat message that has one; the value is in thousandths."""
    return Source("sentiment", direction, None)


def attribute(name: str, text: str, value: int) -> Source:
    """A profile event that sets attribute `name` to `text`; the signal then has this value."""
    return Source("profile", f"{name}={text}", value)


@dataclass(frozen=True)
class Wait:
    """A signal that what `ends` a wait raises; its value is the wait in minutes, in thousandths, at most a day.

    In log order: a wait begins with the first `begins` that is dated after every `ends` so far (an earlier event time
    moves it back) and ends with the next `ends` that is not dated before it. So where an answer overtakes its question,
    that one wait is not seen. An act begins one wait at most, and ends one at most.
    """

    begins: Source
    ends: Source


@dataclass(frozen=True)
class Count:
    """How often a signal was raised in the window; each tile saturates at 65,535."""

    signal: str
    window: str
    label: str


@dataclass(frozen=True)
class ActiveTiles:
    """How many tiles of the window hold at least one of the signal: active days, for windows of day tiles."""

    signal: str
    window: str
    label: str


@dataclass(frozen=True)
class Share:
    """Count of `part` over the summed counts of `whole` in the window; 0 when the whole is 0."""

    part: str
    whole: tuple[str, ...]
    window: str
    label: str


@dataclass(frozen=True)
class HoursSeen:
    """Hours since the user's first event, at most `cap_hours`: of what time counts can be."""

    cap_hours: int
    label: str


@dataclass(frozen=True)
class HoursSince:
    """Hours since the signal was last raised, at most `cap_hours`; the cap if it never was."""

    signal: str
    cap_hours: int
    label: str


@dataclass(frozen=True)
class SessionMinutes:
    """Length of the session so far; 0 when it is over."""

    label: str


@dataclass(frozen=True)
class SessionEvents:
    """Events of the session so far; 0 when it is over."""

    label: str


@dataclass(frozen=True)
class DecayedMean:
    """Mean value of a signal, each tile weighing `keep` times the next newer one; 0 when there is none."""

    signal: str
    window: str
    keep: float
    label: str


@dataclass(frozen=True)
class Latest:
    """The signal's value with the latest time (of two with the same time the larger); `missing` if there is none."""

    signal: str
    missing: int
    label: str


Feature = Count | ActiveTiles | Share | HoursSeen | HoursSince | SessionMinutes | SessionEvents | DecayedMean | Latest


@dataclass(frozen=True)
class Workload:
    """One kind of customer base. `churn` names the acts that are the churn itself: they change no feature."""

    name: str
    signals: Mapping[str, tuple[Source, ...]]
    waits: Mapping[str, Wait]
    churn: tuple[Source, ...]
    label_action: str
    horizon_days: int
    features: Mapping[str, Feature]
    policy: Policy
