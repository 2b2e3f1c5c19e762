"""Which signal keeps what, and the record that holds it: one user's state as one fixed-width numpy record."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from stream_app.core.catalogue import (
    BUILT_IN_SIGNALS,
    WINDOWS,
    ActiveTiles,
    Count,
    DecayedMean,
    Feature,
    HoursSince,
    Latest,
    SessionEvents,
    SessionMinutes,
    Share,
    Workload,
)

ID_RING = 32
"""How many event ids of a user are remembered, as 32-bit hashes: a false repeat has odds of 32 / 2^32."""


@dataclass(frozen=True)
class Layout:
    """Which signal keeps what: rings as (tile_ms, signal) -> tiles, and slots for times and values."""

    signals: tuple[str, ...]
    rings: dict[tuple[int, str], int]
    valued: tuple[tuple[int, str], ...]
    last: tuple[str, ...]
    latest: tuple[str, ...]

    def ring(self, signal: str, window: str) -> int:
        """Index of the ring that holds a signal's window."""
        return list(self.rings).index((WINDOWS[window].tile_ms, signal))

    def first_tiles(self) -> list[int]:
        """Where each ring begins among the tiles; last the number of tiles."""
        return list(accumulate(self.rings.values(), initial=0))

    def first_sums(self) -> list[int]:
        """Where each ring's value sums begin; last the number of sums."""
        sizes = [tiles if key in self.valued else 0 for key, tiles in self.rings.items()]
        return list(accumulate(sizes, initial=0))


def windows_read(feature: Feature) -> list[tuple[str, str]]:
    """The (signal, window) pairs that a feature reads."""
    match feature:
        case Count() | ActiveTiles() | DecayedMean():
            return [(feature.signal, feature.window)]
        case Share():
            return [(signal, feature.window) for signal in (feature.part, *feature.whole)]
        case HoursSince() | SessionMinutes() | SessionEvents() | Latest():
            return []


def lay_out(workload: Workload) -> Layout:
    """What must be kept to read every feature. Raises KeyError for a signal or window that is not
    declared, ValueError for a feature that wants the value of a signal that has none."""
    signals = (*BUILT_IN_SIGNALS, *workload.signals)
    features = workload.features.values()
    sizes: dict[tuple[int, str], int] = {}
    for signal, window in (pair for feature in features for pair in windows_read(feature)):
        key = (WINDOWS[window].tile_ms, signal)
        sizes[key] = max(sizes.get(key, 0), WINDOWS[window].tiles)
    valued = {(WINDOWS[f.window].tile_ms, f.signal) for f in features if isinstance(f, DecayedMean)}
    last = {f.signal for f in features if isinstance(f, HoursSince)}
    latest = {f.signal for f in features if isinstance(f, Latest)}
    for signal in (*(signal for _, signal in sizes), *last, *latest):
        if signal not in signals:
            raise KeyError(f"no signal {signal!r} in workload {workload.name!r}")
    for feature in features:
        if isinstance(feature, DecayedMean | Latest) and feature.signal in BUILT_IN_SIGNALS:
            raise ValueError(f"signal {feature.signal!r} has no value to read a {type(feature).__name__} from")
    ordered = dict(sorted(sizes.items(), key=lambda item: (item[0][0], signals.index(item[0][1]))))
    kept = [tuple(signal for signal in signals if signal in some) for some in (last, latest)]
    return Layout(signals, ordered, tuple(key for key in ordered if key in valued), *kept)


def record_type(layout: Layout) -> np.dtype[np.void]:
    """One user's state: the fold's fields first, then the policy's. Zero means that nothing is known."""
    fields: list[tuple[object, ...]] = [
        ("clock", "i8"),
        ("first_time", "i8"),
        ("next_offset", "i8"),
        ("session_start", "i8"),
        ("earlier_start", "i8"),
        ("earlier_end", "i8"),
        ("opened_at", "i8"),
        ("cooldown_until", "i8"),
        ("last", "i8", (max(1, len(layout.last)),)),
        ("latest_time", "i8", (max(1, len(layout.latest)),)),
        ("latest_value", "i4", (max(1, len(layout.latest)),)),
        ("sums", "i4", (max(1, layout.first_sums()[-1]),)),
        ("ids", "u4", (ID_RING,)),
        ("events", "u4"),
        ("session_events", "u4"),
        ("earlier_events", "u4"),
        ("episode", "u4"),
        ("sequence", "u4"),
        ("alert_score", "f4"),
        ("tiles", "u2", (max(1, layout.first_tiles()[-1]),)),
        ("next_id", "u1"),
        ("churned", "u1"),
        ("band", "u1"),
    ]
    padding = -np.dtype(fields).itemsize % 8
    return np.dtype([*fields, ("padding", "u1", (padding,))] if padding else fields, align=True)
