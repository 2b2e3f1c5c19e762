"""The load of a run, without end: a simulated music service, one user who makes a third of all events, and trouble.

Trouble is poison of every kind, events that are sent again, and events that come days late. The same seed gives the
same events in the same order.
"""

import json
import random
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from producers.simulator import simulate
from schemas.instants import format_instant, parse_instant
from schemas.topics import MAX_EVENT_BYTES

USERS = 600
HOT_USER = "u-hot"
_START_MS = parse_instant("2024-01-01T00:00:00Z")
_DAY_MS = 86_400_000
_WAVE_DAYS = 20
_HOT_SHARE = 1 / 3
_POISON_SHARE = 0.01
_REPEATED_SHARE = 0.01
_LATE_SHARE = 0.005
_TOO_LARGE_AMONG_POISON = 0.01
_REMEMBERED = 400


class Sent(NamedTuple):
    """An event on its way. `astray` is set when it is to go into a partition that is not its user's."""

    kind: str
    key: bytes | None
    value: bytes | None
    astray: bool = False


def endless(seed: int) -> Iterator[Sent]:
    """The events of a run."""
    draw = random.Random(seed)
    remembered: deque[Sent] = deque(maxlen=_REMEMBERED)
    for number, (line, user, time_ms) in enumerate(_busy(_simulated(seed), draw)):
        event = Sent("event", user.encode(), line)
        chance = draw.random()
        if chance < _POISON_SHARE:
            yield _poison(draw, number, user, time_ms)
        elif chance < _POISON_SHARE + _REPEATED_SHARE and remembered:
            yield draw.choice(remembered)._replace(kind="repeated")
        elif chance < _POISON_SHARE + _REPEATED_SHARE + _LATE_SHARE:
            late = _activity(f"late-{number}", user, time_ms - draw.randint(1, 5) * _DAY_MS, time_ms)
            yield Sent("late", user.encode(), late)
        remembered.append(event)
        yield event


def _simulated(seed: int) -> Iterator[tuple[bytes, str, int]]:
    wave = 0
    while True:
        start_ms = _START_MS + wave * _WAVE_DAYS * _DAY_MS
        for line in simulate(USERS, _WAVE_DAYS, seed + wave, start_ms):
            event = json.loads(line)
            yield line, event["subject"], parse_instant(event["time"])
        wave += 1


def _busy(events: Iterator[tuple[bytes, str, int]], draw: random.Random) -> Iterator[tuple[bytes, str, int]]:
    """The same events, and between them those of the user who is never idle."""
    songs = 0
    for event in events:
        yield event
        while draw.random() < _HOT_SHARE:
            songs += 1
            yield _activity(f"hot-{songs}", HOT_USER, event[2], event[2]), HOT_USER, event[2]


def _activity(name: str, user: str | None, time_ms: int, recorded_ms: int, action: object = "next_song") -> bytes:
    event = {
        "type": "churn.activity.v1",
        "specversion": "1.0",
        "id": name,
        "source": "/chaos",
        "time": format_instant(time_ms),
        "recordedtime": format_instant(recorded_ms),
        "subject": user,
        "data": {"action": action},
    }
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def _poison(draw: random.Random, number: int, user: str, time_ms: int) -> Sent:
    if draw.random() < _TOO_LARGE_AMONG_POISON:
        return Sent("too_large", user.encode(), b" " * (MAX_EVENT_BYTES + 1))
    kind = draw.choice(sorted(_POISONS))
    key, value = _POISONS[kind](f"poison-{number}", user, time_ms)
    return Sent(kind, key, value, astray=kind == "mispartitioned")


_Made = tuple[bytes | None, bytes | None]
_POISONS: dict[str, Callable[[str, str, int], _Made]] = {
    "undecodable": lambda name, user, _: (user.encode(), b'{"id":"' + name.encode()),
    "empty": lambda _name, user, _time_ms: (user.encode(), None),
    "schema": lambda name, user, time_ms: (user.encode(), _activity(name, user, time_ms, time_ms, action=7)),
    "no_user": lambda name, user, time_ms: (user.encode(), _activity(name, None, time_ms, time_ms)),
    "future": lambda name, user, time_ms: (user.encode(), _activity(name, user, time_ms + 2 * _DAY_MS, time_ms)),
    "mispartitioned": lambda name, user, time_ms: (user.encode(), _activity(name, user, time_ms, time_ms)),
}
POISON_KINDS = (*sorted(_POISONS), "too_large")
