"""Lines of events of a music service, drawn at random: enough of everything for scores to move up and down."""

import random
from collections.abc import Sequence

from tests.support.event_logs import LogWriter, at

_ACTIONS = ("next_song", "next_song", "roll_advert", "thumbs_up", "thumbs_down", "error", "downgrade", "settings")


def music_lines(users: int, events: int, seed: int) -> list[bytes]:
    """So many events of users `u0`, `u1` ..., over 40 days in order of time; every fourth user cancels in the end."""
    draw = random.Random(seed)
    names = [f"u{number}" for number in range(users)]
    times_ms = sorted(draw.randrange(at(), at(days=40)) for _ in range(events))
    log = LogWriter()
    for time_ms in times_ms:
        _happens(log, draw, names, time_ms)
    for number, name in enumerate(names[::4]):
        log.does("cancel", at(days=40, minutes=number), user=name)
        log.does("cancellation_confirmation", at(days=40, minutes=number, seconds=9), user=name)
    return [record.value or b"" for record in log.records()]


def _happens(log: LogWriter, draw: random.Random, names: Sequence[str], time_ms: int) -> None:
    user, kind = draw.choice(names), draw.random()
    if kind < 0.1:
        log.chats("opened", time_ms, user=user)
    elif kind < 0.3:
        log.says(time_ms, round(draw.uniform(-1.0, 0.6), 3), user=user)
    else:
        log.does(draw.choice(_ACTIONS), time_ms, user=user)
