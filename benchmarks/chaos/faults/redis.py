"""Redis dies, comes back with less than it had, is replaced by a replica that lagged, or forgets everything."""

import random
import time

from benchmarks.chaos.append_only import newest_log, tear
from benchmarks.chaos.commands import export_states, import_states
from benchmarks.chaos.stand import Stand

IMPORTING = -1
"""The position of a partition whose import has not come to its end."""
_MOST_CUT_BYTES = 3_000_000
_WORTH_CUTTING_BYTES = 200_000
_WORK_WITHIN_S = 10.0


def kill(stand: Stand, draw: random.Random) -> float | None:
    """kill -9; what it has acknowledged stands in its log."""
    down_s = draw.uniform(0.0, 1.0)
    stand.redis.kill(lambda: stand.rest(down_s))
    return time.monotonic()


def torn_log(stand: Stand, draw: random.Random) -> float | None:
    """kill -9, and the end of its append-only log is gone from a random byte on, as after a loss of power."""
    written = stand.wait_for(lambda: _worth_cutting(stand.redis.growth()), _WORK_WITHIN_S)
    if written is None:
        return None
    at_most = min(_MOST_CUT_BYTES, written)
    stand.redis.kill(lambda: tear(newest_log(stand.redis.server.daemon.directory), draw, at_most))
    return time.monotonic()


def promotion(stand: Stand, draw: random.Random) -> float | None:
    """kill -9, and a replica that had fallen behind takes over."""
    lag_s = draw.uniform(0.1, 1.0)

    def lag() -> None:
        before = stand.redis.positions()
        stand.rest(lag_s)
        stand.wait_for(lambda: stand.redis.positions() != before or None, _WORK_WITHIN_S)

    stand.redis.promote(stand.loop, lag)
    return time.monotonic()


def wipe_under_workers(stand: Stand, _draw: random.Random) -> float | None:
    """Everything is gone, and the log is whole: the workers begin anew by themselves."""
    stand.redis.wipe()
    return time.monotonic()


def wipe(stand: Stand, draw: random.Random) -> float | None:
    """Everything is gone; the workers are stopped, an export that was made before is imported, they start again."""
    export = stand.plan.directory / "exports" / f"{draw.getrandbits(32):08x}"
    export_states(stand, export)
    stand.rest(draw.uniform(1.0, 4.0))
    with stand.crew.all_places(stand.rest) as places:
        stand.redis.wipe()
        stand.crew.send_home(places)
        import_states(stand, export)
        stand.imported = export
        for place in places:
            place.start()
    return time.monotonic()


def repeat_lost_import(stand: Stand) -> None:
    """If Redis has lost the end of an import, partitions stand at -1: as an operator would, import once more."""
    positions = stand.wait_for(stand.redis.positions, _WORK_WITHIN_S)
    if stand.imported is None or positions is None or IMPORTING not in positions:
        return
    with stand.crew.all_places(stand.rest) as places:
        stand.crew.send_home(places)
        import_states(stand, stand.imported)
        for place in places:
            place.start()


def _worth_cutting(written: int) -> int | None:
    return written if written >= _WORTH_CUTTING_BYTES else None
