"""What each feature means, computed from a whole life with Python's integers and floats."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.core.features.kinds import (
    ActiveTiles,
    Count,
    DecayedMean,
    Feature,
    HoursSeen,
    HoursSince,
    Latest,
    SessionEvents,
    SessionMinutes,
    Share,
)
from tests.oracle.life import SESSION_GAP_MS, Life

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
SIZES = {"1h": (5 * MINUTE_MS, 12), "1d": (HOUR_MS, 24), "7d": (DAY_MS, 7), "30d": (DAY_MS, 30)}
"""Per window: how long its tiles are in ms, and how many they are."""
FULL_TILE = 65_535


@dataclass
class Tile:
    """What was counted in one tile."""

    count: int = 0
    value_sum: int = 0


def vector(life: Life, as_of_ms: int | None = None) -> NDArray[np.float32]:
    """Every feature of the workload as of a time at or after the user's clock, by default the clock itself."""
    now = life.clock_ms if as_of_ms is None else as_of_ms
    return np.array([_feature(feature, life, now) for feature in life.workload.features.values()], np.float32)


def _feature(feature: Feature, life: Life, now: int) -> float:
    match feature:
        case Count():
            return float(_count(life, feature.signal, feature.window, now))
        case ActiveTiles():
            return float(len(_tiles_in_window(life, feature.signal, feature.window, now)))
        case Share():
            whole = sum(_count(life, signal, feature.window, now) for signal in feature.whole)
            return _count(life, feature.part, feature.window, now) / whole if whole else 0.0
        case HoursSeen():
            return min(float(feature.cap_hours), (now - life.first_ms) / HOUR_MS) if life.events else 0.0
        case HoursSince():
            times = [raised.time_ms for raised in life.raises(feature.signal)]
            return min(float(feature.cap_hours), (now - max(times)) / HOUR_MS) if times else float(feature.cap_hours)
        case SessionMinutes():
            return (life.clock_ms - life.sessions()[-1].start_ms) / MINUTE_MS if _in_session(life, now) else 0.0
        case SessionEvents():
            return float(life.sessions()[-1].events) if _in_session(life, now) else 0.0
        case DecayedMean():
            return _decayed_mean(feature, life, now)
        case Latest():
            newest = max((raised[:2] for raised in life.raises(feature.signal)), default=None)
            return float(feature.missing if newest is None else newest[1])


def _in_session(life: Life, now: int) -> bool:
    return bool(life.sessions()) and now - life.clock_ms <= SESSION_GAP_MS


def _decayed_mean(feature: DecayedMean, life: Life, now: int) -> float:
    tile_ms, length = SIZES[feature.window]
    weights = [1.0]
    while len(weights) < length:
        weights.append(weights[-1] * feature.keep)
    numerator, denominator = 0.0, 0.0
    for index, tile in sorted(_tiles_in_window(life, feature.signal, feature.window, now).items()):
        weight = weights[now // tile_ms - index]
        numerator += weight * tile.value_sum
        denominator += weight * tile.count
    return numerator / denominator / 1000 if denominator else 0.0


def _count(life: Life, signal: str, window: str, now: int) -> int:
    return sum(tile.count for tile in _tiles_in_window(life, signal, window, now).values())


def _tiles_in_window(life: Life, signal: str, window: str, now: int) -> dict[int, Tile]:
    """The tiles of a window in which the signal was counted, by index."""
    tile_ms, length = SIZES[window]
    newest = now // tile_ms
    tiles: dict[int, Tile] = defaultdict(Tile)
    for raised in life.raises(signal):
        index = raised.time_ms // tile_ms
        if newest - length < index <= newest and tiles[index].count < FULL_TILE:
            tiles[index].count += 1
            tiles[index].value_sum += raised.value
    return tiles
