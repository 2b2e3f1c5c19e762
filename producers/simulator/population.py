"""Many simulated users side by side: one log of encoded events in order of time."""

import heapq
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from producers.simulator.customer import Customer, Happening
from schemas.errors import ContractViolation
from schemas.instants import format_instant

_DAY_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000


def refuse_unfinished_period(start_ms: int, days: int, now_ms: int) -> None:
    """Raise ContractViolation when the period would end after `now_ms`: events from the future are dead-lettered."""
    end_ms = start_ms + days * _DAY_MS
    if end_ms > now_ms:
        raise ContractViolation(
            f"{days} days from {format_instant(start_ms)} end on {format_instant(end_ms)}, which is still to come: "
            "choose an earlier start or fewer days"
        )


def simulate(users: int, days: int, seed: int, start_ms: int) -> Iterator[bytes]:
    """The events of `users` users over `days` days as canonical JSON lines without line ends, in order of time.

    The same arguments give the same bytes everywhere; events of one instant come in order of the users' numbers.
    Every event takes place within the `days` days from `start_ms` on; who comes later for the first time has none.
    A user's events do not depend on how many others there are.
    """
    end_ms = start_ms + days * _DAY_MS
    lives = [Customer(number, seed, start_ms, end_ms).life() for number in range(users)]
    return _encode(heapq.merge(*lives), seed)


def _encode(happenings: Iterator[Happening], seed: int) -> Iterator[bytes]:
    for time_ms, user, number, kind, data in happenings:
        time = f"{_minute(time_ms // _MINUTE_MS)}{time_ms % _MINUTE_MS / 1000:06.3f}Z"
        yield (
            f'{{"type":"{kind}","specversion":"1.0","id":"{seed}-{user}-{number}","source":"/simulator",'
            f'"time":"{time}","recordedtime":"{time}","subject":"u{user:06d}","data":{data}}}'
        ).encode()


@lru_cache(maxsize=4096)
def _minute(minute: int) -> str:
    return format_instant(minute * _MINUTE_MS)[:17]
