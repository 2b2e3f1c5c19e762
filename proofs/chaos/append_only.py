"""The append-only log of a dead Redis, and its end as a loss of power leaves it."""

import random
from pathlib import Path


def newest_log(directory: Path) -> Path:
    """The file that was being written: one file up to Redis 6.2, the newest increment since 7."""
    increments = sorted((directory / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime_ns)
    return increments[-1] if increments else directory / "appendonly.aof"


def tear(log: Path, draw: random.Random, at_most: int) -> int:
    """Cut a log at a random byte among its last `at_most`; returns how many bytes are gone."""
    size = log.stat().st_size
    most = min(at_most, size)
    if most < 1:
        return 0
    gone = draw.randint(1, most)
    with log.open("rb+") as file:
        file.truncate(size - gone)
    return gone
