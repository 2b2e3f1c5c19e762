"""Workers are killed, fall asleep for so long that others take over, or come and go."""

import random
import time

from benchmarks.chaos.crew import Place, Wanted
from benchmarks.chaos.stand import Stand

_FOUND_WITHIN_S = 15.0
_BURSTS = (1, 2, 3, 3)
_STORM = 2


def kill(stand: Stand, draw: random.Random) -> float | None:
    """kill -9 of one worker or several at once, each replaced by a new one."""
    down_s = draw.choice((0.0, 0.0, draw.uniform(0.2, 1.5)))
    wanted = draw.choice(_BURSTS)
    found = take(stand)
    if found is None:
        return None
    places = [found, *filter(None, (stand.crew.take() for _ in range(wanted - 1)))]
    try:
        for place in places:
            kill_one(stand, place)
        stand.rest(down_s)
        for place in places:
            place.start()
        return time.monotonic()
    finally:
        for place in places:
            stand.crew.release(place)


def pause(stand: Stand, draw: random.Random) -> float | None:
    """SIGSTOP until the group has given the worker up; then it goes on, and believes that it still owns everything."""
    asleep_s = stand.plan.session_timeout_s + draw.uniform(1.5, 4.0)
    place = take(stand)
    if place is None:
        return None
    try:
        place.pause()
        stand.rest(asleep_s)
    finally:
        place.resume()
        stand.crew.release(place)
    return time.monotonic()


def storm(stand: Stand, draw: random.Random) -> float | None:
    """Workers stop as they should and others come, one after the other: the group finds no rest."""
    back = None
    for _ in range(_STORM):
        place = take(stand)
        if place is None:
            continue
        try:
            place.worker.stop()
            place.start()
            back = time.monotonic()
        finally:
            stand.crew.release(place)
        stand.rest(draw.uniform(0.0, 1.0))
    return back


def kill_one(stand: Stand, place: Place) -> None:
    """kill -9, counted."""
    place.kill()
    stand.crew.kills += 1


def take(stand: Stand, wanted: Wanted | None = None, within_s: float = _FOUND_WITHIN_S) -> Place | None:
    """A worker that works, for one fault alone."""
    return stand.wait_for(lambda: stand.crew.take(wanted), within_s)
