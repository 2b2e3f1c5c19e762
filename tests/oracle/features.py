"""What each feature means, computed from a whole life with Python's integers and floats."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.core.features.kinds import (
    ActiveTiles,
    Category,
    Count,
    DecayedMean,
    Difference,
    Feature,
    HoursSeen,
    HoursSince,
    Known,
    Latest,
    Mean,
    Most,
    Ratio,
    SessionEvents,
    SessionMinutes,
    Share,
    Sum,
    Total,
)
from tests.oracle.life import SESSION_GAP_MS, Life
from tests.oracle.scales import categories_of, scale_of

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
SIZES = {"1h": (5 * MINUTE_MS, 12), "1d": (HOUR_MS, 24), "7d": (DAY_MS, 7), "30d": (DAY_MS, 30)}
"""Per window: how long its tiles are in ms, and how many they are."""
FULL_TILE = 65_535


@dataclass
class Tile:
    """What was counted in one tile."""

    count: int = 0
    value_sum: int = 0
    largest: int | None = None


def vector(life: Life, as_of_ms: int | None = None) -> NDArray[np.float32]:
    """Every feature of the workload as of a time at or after the user's clock, by default the clock itself."""
    now = life.clock_ms if as_of_ms is None else as_of_ms
    figures: dict[str, float] = {}
    for name, feature in life.workload.features.items():
        if isinstance(feature, Category):
            figures |= _category(name, feature, life)
        else:
            figures[name] = _feature(feature, life, now, figures)
    return np.array(list(figures.values()), np.float32)


def _category(name: str, feature: Category, life: Life) -> dict[str, float]:
    texts = ("other", *categories_of(life.workload, feature.signal))
    newest = max((raised[:2] for raised in life.raises(feature.signal)), default=None)
    return {f"{name}={text}": float(newest is not None and newest[1] == code) for code, text in enumerate(texts)}


def _feature(feature: Feature, life: Life, now: int, before: dict[str, float]) -> float:
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
        case Sum() | Mean() | Most():
            return _of_values(feature, life, now)
        case DecayedMean():
            return _decayed_mean(feature, life, now)
        case Latest():
            newest = max((raised[:2] for raised in life.raises(feature.signal)), default=None)
            return feature.missing if newest is None else newest[1] / scale_of(life.workload, feature.signal)
        case Known():
            return float(bool(life.raises(feature.signal)))
        case Ratio():
            return before[feature.part] / before[feature.whole] if before[feature.whole] else feature.when_zero
        case Difference():
            return before[feature.first] - before[feature.second]
        case Total():
            return _in_order([before[part] for part in feature.parts])
    raise AssertionError(f"the oracle does not know what a {type(feature).__name__} is: write it down from its words")


def _in_order(parts: list[float]) -> float:
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def _of_values(feature: Sum | Mean | Most, life: Life, now: int) -> float:
    tiles = _tiles_in_window(life, feature.signal, feature.window, now).values()
    scale = scale_of(life.workload, feature.signal)
    total, count = sum(tile.value_sum for tile in tiles), sum(tile.count for tile in tiles)
    match feature:
        case Sum():
            return total / scale
        case Mean():
            return total / count / scale if count else feature.missing
        case Most():
            largest = [tile.largest for tile in tiles if tile.largest is not None]
            return max(largest) / scale if largest else feature.missing


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
    scale = scale_of(life.workload, feature.signal)
    return numerator / denominator / scale if denominator else 0.0


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
            largest = tiles[index].largest
            tiles[index].largest = raised.value if largest is None else max(largest, raised.value)
    return tiles
