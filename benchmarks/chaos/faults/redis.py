"""Redis dies, comes back with less than it had, is replaced by a replica that lagged, or forgets everything."""

import random
import time

from benchmarks.chaos.append_only import newest_log, tear
from benchmarks.chaos.restoring import restore
from benchmarks.chaos.stand import Stand

_MOST_CUT_BYTES = 3_000_000


def kill(stand: Stand, draw: random.Random) -> float | None:
    """kill -9; what it has acknowledged stands in its log."""
    down_s = draw.uniform(0.0, 1.0)
    stand.redis.kill(lambda: stand.rest(down_s))
    return time.monotonic()


def torn_log(stand: Stand, draw: random.Random) -> float | None:
    """kill -9, and the end of its append-only log is gone from a random byte on, as after a loss of power."""
    at_most = min(_MOST_CUT_BYTES, stand.redis.growth())
    stand.redis.kill(lambda: tear(newest_log(stand.redis.server.daemon.directory), draw, at_most))
    return time.monotonic()


def promotion(stand: Stand, draw: random.Random) -> float | None:
    """kill -9, and a replica that had fallen behind takes over."""
    lag_s = draw.uniform(0.1, 1.0)
    stand.redis.promote(stand.loop, lambda: stand.rest(lag_s))
    return time.monotonic()


def wipe(stand: Stand, _draw: random.Random) -> float | None:
    """Everything is gone; states come from the last export if there is one, and from the log's beginning if not."""
    stand.redis.wipe()
    restore(stand)
    return time.monotonic()
