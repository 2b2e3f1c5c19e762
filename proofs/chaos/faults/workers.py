"""Workers are killed, fall asleep for so long that others take over, or come and go."""

import random
import time

from proofs.chaos.crew import Place, Wanted
from proofs.chaos.ground import Ground

_FOUND_WITHIN_S = 15.0
_BURSTS = (1, 2, 3, 3)
_STORM = 2


def kill(ground: Ground, draw: random.Random) -> float | None:
    """kill -9 of one worker or several at once, each replaced by a new one."""
    down_s = draw.choice((0.0, 0.0, draw.uniform(0.2, 1.5)))
    wanted = draw.choice(_BURSTS)
    found = take(ground)
    if found is None:
        return None
    places = [found, *filter(None, (ground.crew.take() for _ in range(wanted - 1)))]
    try:
        for place in places:
            kill_one(ground, place)
        ground.rest(down_s)
        for place in places:
            place.start()
        return time.monotonic()
    finally:
        for place in places:
            ground.crew.release(place)


def pause(ground: Ground, draw: random.Random) -> float | None:
    """SIGSTOP until the group has given the worker up; then it goes on, and believes that it still owns everything."""
    asleep_s = ground.session_timeout_s + draw.uniform(1.5, 4.0)
    place = take(ground)
    if place is None:
        return None
    try:
        place.pause()
        ground.rest(asleep_s)
    finally:
        place.resume()
        ground.crew.release(place)
    return time.monotonic()


def storm(ground: Ground, draw: random.Random) -> float | None:
    """Workers stop as they should and others come, one after the other: the group finds no rest."""
    back = None
    for _ in range(_STORM):
        place = take(ground)
        if place is None:
            continue
        try:
            place.worker.stop()
            place.start()
            back = time.monotonic()
        finally:
            ground.crew.release(place)
        ground.rest(draw.uniform(0.0, 1.0))
    return back


def kill_one(ground: Ground, place: Place) -> None:
    """kill -9, counted."""
    place.kill()
    ground.crew.kills += 1


def take(ground: Ground, wanted: Wanted | None = None, within_s: float = _FOUND_WITHIN_S) -> Place | None:
    """A worker that works, for one fault alone."""
    return ground.wait_for(lambda: ground.crew.take(wanted), within_s)
