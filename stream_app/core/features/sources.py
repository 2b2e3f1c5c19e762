"""What raises a signal: events of the log, as data; and how the numbers that they carry are kept."""

from dataclasses import dataclass

from stream_app.core.durations import DAY_MS, MINUTE_MS

SESSION_GAP_MS = 30 * MINUTE_MS
"""A longer silence ends a session."""
SESSION_LATENESS_MS = 10 * MINUTE_MS
"""A later event leaves sessions alone. Shorter than the gap, so that an event in time is always in the last session."""
WAIT_SCALE = 1000
"""Waits are kept in thousandths of a minute."""

LONGEST_WAIT_MS = DAY_MS
"""A longer wait counts as one of this length: nobody waits for an answer for ever."""

ACTIVITY = "activity"
SESSION = "session"
BUILT_IN_SIGNALS = (ACTIVITY, SESSION)
"""Raised by the fold itself: by every applied event, and at the start of every session."""


@dataclass(frozen=True)
class Number:
    """A real number that events carry, kept as an integer in units of 1 / `scale`, a power of ten up to 1,000.

    `unit` is for people: a currency, minutes.
    """

    scale: int
    unit: str = ""


@dataclass(frozen=True)
class Categories:
    """A text that profiles carry, one of these `values`; any other is `other`."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class SignalSource:
    """What raises a signal. `kind` and `name` select events; `value` is the signal's value, None the event's own."""

    kind: str
    name: str
    value: int | None = 1


def action(name: str, value: int = 1) -> SignalSource:
    """An activity event with this action."""
    return SignalSource("activity", name, value)


def conversation(event: str) -> SignalSource:
    """A support conversation `opened` or `closed`."""
    return SignalSource("conversation", event)


def message(direction: str) -> SignalSource:
    """A chat message, `inbound` or `outbound`."""
    return SignalSource("message", direction)


def sentiment(direction: str) -> SignalSource:
    """The sentiment of a chat message that has one; the value is in thousandths."""
    return SignalSource("sentiment", direction, None)


def attribute(name: str, text: str, value: int) -> SignalSource:
    """A profile event that sets attribute `name` to `text`; the signal then has this value."""
    return SignalSource("profile", f"{name}={text}", value)


def measure(name: str, of: str = "") -> SignalSource:
    """An activity event that carries measure `name`, with action `of` if one is named; the value is the measure's."""
    return SignalSource("measure", f"{of}.{name}" if of else name, None)


def number(attribute: str) -> SignalSource:
    """A profile event that sets an attribute declared as `Number`; the value is that number."""
    return SignalSource("number", attribute, None)


def category(attribute: str) -> SignalSource:
    """A profile event that sets an attribute declared as `Categories`; the value is the text's place among them from 1,
    0 for any other text."""
    return SignalSource("category", attribute, None)


@dataclass(frozen=True)
class Wait:
    """A signal that what `ends` a wait raises; its value is the wait in minutes, in thousandths, at most a day.

    In log order: a wait begins with the first `begins` that is dated after every `ends` so far (an earlier event time
    moves it back) and ends with the next `ends` that is not dated before it. So where an answer overtakes its question,
    that one wait is not seen. An act begins one wait at most, and ends one at most.
    """

    begins: SignalSource
    ends: SignalSource
