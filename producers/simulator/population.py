"""Many simulated users side by side: one log of encoded events in order of time."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from producers.simulator.customer import Customer, Diary, Happening
from producers.simulator.parameters import fitted
from producers.simulator.services import Society
from schemas.errors import ContractViolation
from schemas.instants import format_instant

_DAY_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000
_STRETCH_MS: Final = 6 * 3_600_000
"""All users live through a stretch of time before its events are put in order."""


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
    A user's events do not depend on how many others there are. The users are those of several services.
    """
    for stretch in live_together(society_of(seed), range(users), start_ms, days):
        yield from _encode(stretch, seed)


def society_of(seed: int) -> Society:
    """The services and characters of the simulation with this seed."""
    return Society(seed, fitted().parameters)


def live_together(society: Society, numbers: Sequence[int], start_ms: int, days: int) -> Iterator[Diary]:
    """What happens to the users of these numbers, in order of time, stretch by stretch."""
    end_ms = start_ms + days * _DAY_MS
    customers = [Customer(number, society, start_ms, end_ms) for number in numbers]
    diary: Diary = []
    for customer in customers:
        customer.diary = diary
    for until_ms in range(start_ms + _STRETCH_MS, end_ms + 1, _STRETCH_MS):
        customers = [customer for customer in customers if not customer.gone]
        for customer in customers:
            if customer.now_ms < until_ms:
                customer.live(until_ms)
        diary.sort()
        cut = bisect_left(diary, (until_ms,))
        yield diary[:cut]
        del diary[:cut]


def _encode(happenings: Sequence[Happening], seed: int) -> Iterator[bytes]:
    seconds = _second_texts()
    for time_ms, user, number, kind, name, data in happenings:
        time = _minute(time_ms // _MINUTE_MS) + seconds[time_ms % _MINUTE_MS]
        yield (
            f'{{"type":"{kind}","specversion":"1.0","id":"{seed}-{user}-{number}","source":"/simulator",'
            f'"time":"{time}","recordedtime":"{time}","subject":"{name}","data":{data}}}'
        ).encode()


@lru_cache(maxsize=4096)
def _minute(minute: int) -> str:
    return format_instant(minute * _MINUTE_MS)[:17]


@lru_cache(maxsize=1)
def _second_texts() -> tuple[str, ...]:
    """The end of an instant's text for each millisecond of a minute."""
    return tuple(f"{milli // 1000:02d}.{milli % 1000:03d}Z" for milli in range(_MINUTE_MS))
