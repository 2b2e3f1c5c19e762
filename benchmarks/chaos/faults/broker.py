"""The broker dies or stands still."""

import random
import time

from benchmarks.chaos.stand import Stand


def kill(stand: Stand, draw: random.Random) -> float | None:
    """kill -9 and a new start."""
    down_s = draw.uniform(0.0, 1.0)
    stand.broker.kill(draw, lambda: stand.rest(down_s))
    return time.monotonic()


def pause(stand: Stand, draw: random.Random) -> float | None:
    """SIGSTOP for some seconds: it answers nobody, and all connections stay open."""
    still_s = draw.uniform(2.0, 5.0)
    stand.broker.pause(draw, lambda: stand.rest(still_s))
    return time.monotonic()
