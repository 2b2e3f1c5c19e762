"""Seeded event loads, encoded by the ten thousand: many users, Zipf or uniform, the page mix of the music service."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.instants import parse_instant

Mix = Literal["zipf", "uniform"]
Integers = NDArray[np.int64]

START_MS = parse_instant("2024-01-01T00:00:00Z")
SPAN_MS = 20 * 86_400_000
_SHARES = {
    "next_song": 0.82,
    "thumbs_up": 0.045,
    "home": 0.037,
    "add_to_playlist": 0.024,
    "roll_advert": 0.02,
    "add_friend": 0.015,
    "logout": 0.012,
    "thumbs_down": 0.009,
    "downgrade": 0.007,
    "settings": 0.006,
    "error": 0.005,
}
_ZIPF_EXPONENT = 1.1
_CHUNK = 50_000
_DIGITS = 8
_TEMPLATE = (
    b'{"type":"churn.activity.v1","specversion":"1.0","id":"b-########","source":"/bench",'
    b'"time":"2024-01-01T00:00:00.000Z","recordedtime":"2024-01-01T00:00:00.000Z","subject":"u########",'
    b'"data":{"action":"'
)
_ID = _TEMPLATE.index(b"b-#") + 2
_TIME = _TEMPLATE.index(b'"time":"') + 8
_RECORDED = _TEMPLATE.index(b'"recordedtime":"') + 16
_SUBJECT = _TEMPLATE.index(b'"subject":"') + 11
_TIME_WIDTH = len("2024-01-01T00:00:00.000")
_TAILS = [f'{action}"}}}}'.encode() for action in _SHARES]


class Chunk(NamedTuple):
    """Encoded events in their order; keys are user ids."""

    keys: list[bytes]
    values: list[bytes]


def drawn(
    count: int, users: int, mix: Mix, seed: int, *, first: int = 0, start_ms: int = START_MS, span_ms: int = SPAN_MS
) -> Iterator[Chunk]:
    """`count` events of drawn users in order of time, numbered from `first`; the same arguments give the same bytes."""
    random = np.random.default_rng(seed)
    draw = drawing(users, mix, random)
    for begin in range(0, count, _CHUNK):
        places = np.arange(begin, min(begin + _CHUNK, count))
        yield encoded(
            first + places, draw(len(places)), actions(random, len(places)), start_ms + span_ms * places // count
        )


def with_newcomers(
    count: int, users: int, mix: Mix, seed: int, new_every: int, *, first: int, start_ms: int, span_ms: int
) -> Iterator[Chunk]:
    """The same, but every `new_every`th event is the first one of a user beyond the `users` that are drawn."""
    random = np.random.default_rng(seed)
    draw = drawing(users, mix, random)
    for begin in range(0, count, _CHUNK):
        places = np.arange(begin, min(begin + _CHUNK, count))
        who = np.where(places % new_every == 0, users + places // new_every, draw(len(places)))
        yield encoded(first + places, who, actions(random, len(places)), start_ms + span_ms * places // count)


def drawing(users: int, mix: Mix, random: np.random.Generator) -> Callable[[int], Integers]:
    """Draws so many users at a time."""
    weights = 1 / np.arange(1, users + 1) ** _ZIPF_EXPONENT if mix == "zipf" else np.ones(users)
    chances = np.cumsum(weights / weights.sum())
    return lambda count: np.minimum(np.searchsorted(chances, random.random(count)), users - 1)


def one_each(users: int, start_ms: int = START_MS, span_ms: int = 86_400_000) -> Iterator[Chunk]:
    """One event of every user, so that all of them have a state."""
    for begin in range(0, users, _CHUNK):
        who = np.arange(begin, min(begin + _CHUNK, users))
        yield encoded(who, who, np.zeros(len(who), np.int64), start_ms + span_ms * who // users)


def actions(random: np.random.Generator, count: int) -> Integers:
    """Drawn actions, as `encoded` numbers them: 0 is a song."""
    shares = np.array(list(_SHARES.values()))
    return random.choice(len(shares), count, p=shares / shares.sum())


def encoded(numbers: Integers, users: Integers, what: Integers, times_ms: Integers) -> Chunk:
    """Events as producers send them: one row of a fixed width each, and behind it the action."""
    rows = np.tile(np.frombuffer(_TEMPLATE, np.uint8), (len(numbers), 1))
    _write_digits(rows, _ID, numbers)
    _write_digits(rows, _SUBJECT + 1, users)
    times = np.datetime_as_string(times_ms.astype("datetime64[ms]")).astype(f"S{_TIME_WIDTH}")
    texts = times.view(np.uint8).reshape(-1, _TIME_WIDTH)
    rows[:, _TIME : _TIME + _TIME_WIDTH] = texts
    rows[:, _RECORDED : _RECORDED + _TIME_WIDTH] = texts
    raw, width = rows.tobytes(), len(_TEMPLATE)
    starts, key_width = range(0, len(raw), width), 1 + _DIGITS
    values = [raw[at : at + width] + _TAILS[action] for at, action in zip(starts, what.tolist(), strict=True)]
    keys = [raw[at : at + key_width] for at in range(_SUBJECT, len(raw), width)]
    return Chunk(keys, values)


def _write_digits(rows: NDArray[np.uint8], at: int, numbers: Integers) -> None:
    for digit in range(_DIGITS):
        rows[:, at + digit] = ord("0") + numbers // 10 ** (_DIGITS - 1 - digit) % 10
