"""The broker dies or stands still."""

import random
import time

from proofs.chaos.ground import Ground


def kill(ground: Ground, draw: random.Random) -> float | None:
    """kill -9 and a new start."""
    down_s = draw.uniform(0.0, 1.0)
    ground.broker.kill(draw, lambda: ground.rest(down_s))
    return time.monotonic()


def pause(ground: Ground, draw: random.Random) -> float | None:
    """SIGSTOP for some seconds: it answers nobody, and all connections stay open."""
    still_s = draw.uniform(2.0, 5.0)
    ground.broker.pause(draw, lambda: ground.rest(still_s))
    return time.monotonic()
