"""The broker dies or stands still; Redis dies, has less afterwards, is replaced by a replica, or forgets everything."""

import random
import time

from proofs.chaos.ground import Ground
from proofs.chaos.redis_site import newest_log, tear

_MOST_CUT_BYTES = 3_000_000
_WORTH_CUTTING_BYTES = 200_000
_WORK_WITHIN_S = 10.0


def broker_kill(ground: Ground, draw: random.Random) -> float | None:
    """kill -9 and a new start."""
    down_s = draw.uniform(0.0, 1.0)
    ground.broker.kill(draw, lambda: ground.rest(down_s))
    return time.monotonic()


def broker_pause(ground: Ground, draw: random.Random) -> float | None:
    """SIGSTOP for some seconds: it answers nobody, and all connections stay open."""
    still_s = draw.uniform(2.0, 5.0)
    ground.broker.pause(draw, lambda: ground.rest(still_s))
    return time.monotonic()


def redis_kill(ground: Ground, draw: random.Random) -> float | None:
    """kill -9; what it has acknowledged stands in its log."""
    down_s = draw.uniform(0.0, 1.0)
    ground.redis.kill(lambda: ground.rest(down_s))
    return time.monotonic()


def redis_torn_log(ground: Ground, draw: random.Random) -> float | None:
    """kill -9, and the end of its append-only log is gone from a random byte on, as after a loss of power."""
    written = ground.wait_for(lambda: _worth_cutting(ground.redis.growth()), _WORK_WITHIN_S)
    if written is None:
        return None
    at_most = min(_MOST_CUT_BYTES, written)
    ground.redis.kill(lambda: tear(newest_log(ground.redis.server.daemon.directory), draw, at_most))
    return time.monotonic()


def redis_promotion(ground: Ground, draw: random.Random) -> float | None:
    """kill -9, and a replica that had fallen behind takes over."""
    lag_s = draw.uniform(0.1, 1.0)

    def lag() -> None:
        before = ground.redis.positions()
        ground.rest(lag_s)
        ground.wait_for(lambda: ground.redis.positions() != before or None, _WORK_WITHIN_S)

    ground.redis.promote(ground.loop, lag)
    return time.monotonic()


def redis_wipe(ground: Ground, _draw: random.Random) -> float | None:
    """Everything is gone, and the log is whole: the workers begin anew by themselves."""
    ground.redis.wipe()
    return time.monotonic()


def _worth_cutting(written: int) -> int | None:
    return written if written >= _WORTH_CUTTING_BYTES else None
