"""Seeded event loads: many users, Zipf or uniform, with the page mix of the music service."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from producers.outgoing import Outgoing
from schemas.instants import format_instant, parse_instant

Mix = Literal["zipf", "uniform"]

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


def events(count: int, users: int, mix: Mix, seed: int) -> Iterator[Outgoing]:
    """`count` events in order of event time, spread over twenty days; the same arguments give the same bytes."""
    random = np.random.default_rng(seed)
    actions, shares = list(_SHARES), np.array(list(_SHARES.values()))
    weights = 1 / np.arange(1, users + 1) ** _ZIPF_EXPONENT if mix == "zipf" else np.ones(users)
    chances = np.cumsum(weights / weights.sum())
    for first in range(0, count, _CHUNK):
        size = min(_CHUNK, count - first)
        who = np.minimum(np.searchsorted(chances, random.random(size)), users - 1).tolist()
        what = random.choice(len(actions), size, p=shares / shares.sum()).tolist()
        for i in range(size):
            time_ms = START_MS + SPAN_MS * (first + i) // count
            yield _event(first + i, f"u{who[i]:07d}", actions[what[i]], time_ms)


def _event(number: int, user: str, action: str, time_ms: int) -> Outgoing:
    time = format_instant(time_ms)
    value = (
        f'{{"specversion":"1.0","id":"b-{number}","source":"/bench","type":"churn.activity.v1","time":"{time}",'
        f'"recordedtime":"{time}","subject":"{user}","data":{{"action":"{action}"}}}}'
    )
    return Outgoing(user.encode(), value.encode(), time_ms)
