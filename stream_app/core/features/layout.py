"""Which signal keeps what, and the record that holds it: one user's state as one fixed-width numpy record."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, chain

import numpy as np

from stream_app.core.features.kinds import Feature
from stream_app.core.features.kinds.kind import Kept, Spot
from stream_app.core.features.sources import BUILT_IN_SIGNALS
from stream_app.core.features.windows import WINDOWS
from stream_app.core.features.workload import Workload

ID_RING = 32
"""How many event ids of a user are remembered, as 32-bit hashes: a false repeat has odds of 32 / 2^32."""
RECORD_STEP_BYTES = 64
"""Records are whole groups of the codec's words, and whole cache lines."""
WORD_TILES = 4
"""Tiles are 16-bit lanes of words, so that four are added up at once."""
TILE_BITS = 64 // WORD_TILES


@dataclass(frozen=True)
class Grid:
    """All tiles of one length: a row per tile, a column per signal. Rows are reused in turn.

    Beside the counts of its signals stand the sums of values of those that are `summed`, and the largest of `most`.
    """

    tile_ms: int
    tiles: int
    signals: tuple[str, ...]
    summed: tuple[str, ...]
    most: tuple[str, ...]

    @property
    def words(self) -> int:
        """Words of a row."""
        return -(-len(self.signals) // WORD_TILES)

    def lane(self, signal: str) -> tuple[int, int]:
        """The word of a row that a signal's tile stands in, and the bits below it there."""
        word, lane = divmod(self.signals.index(signal), WORD_TILES)
        return word, lane * TILE_BITS


@dataclass(frozen=True)
class Layout:
    """Which signal keeps what: its columns in the grids, slots for times and values, waits that have begun."""

    signals: tuple[str, ...]
    grids: tuple[Grid, ...]
    last: tuple[str, ...]
    latest: tuple[str, ...]
    waits: tuple[str, ...]

    def grid(self, window: str) -> int:
        """Index of the grid that holds a window's tiles."""
        return [grid.tile_ms for grid in self.grids].index(WINDOWS[window].tile_ms)

    def first_tiles(self) -> list[int]:
        """Where each grid begins among the words of tiles; last the number of words."""
        return list(accumulate((grid.tiles * grid.words for grid in self.grids), initial=0))

    def first_sums(self) -> list[int]:
        """Where each grid's value sums begin; last the number of sums."""
        return list(accumulate((grid.tiles * len(grid.summed) for grid in self.grids), initial=0))

    def first_mosts(self) -> list[int]:
        """Where each grid's largest values begin; last their number."""
        return list(accumulate((grid.tiles * len(grid.most) for grid in self.grids), initial=0))


def lay_out(workload: Workload) -> Layout:
    """What must be kept to read every feature. Raises KeyError for a signal or window that is not declared,
    ValueError for a feature that wants the value of a signal that has none or that would see the churn itself."""
    signals = (*BUILT_IN_SIGNALS, *workload.signals, *workload.waits)
    kept = _kept(workload.features.values())
    for signal in (*(signal for signal, _ in kept.counted), *kept.last, *kept.latest):
        if signal not in signals:
            raise KeyError(f"no signal {signal!r} in workload {workload.name!r}")
    _refuse_missing_values(kept)
    _refuse_leaks(workload)
    _refuse_unclear_waits(workload)
    lengths = sorted({WINDOWS[window].tile_ms for _, window in kept.counted})
    grids = tuple(_grid(tile_ms, signals, kept) for tile_ms in lengths)
    last, latest = (tuple(signal for signal in signals if signal in some) for some in (kept.last, kept.latest))
    return Layout(signals, grids, last, latest, tuple(workload.waits))


def _kept(features: Iterable[Feature]) -> Kept:
    """What all features together read."""
    return Kept(*(tuple(chain.from_iterable(parts)) for parts in zip(*(f.kept() for f in features), strict=True)))


def _grid(tile_ms: int, signals: tuple[str, ...], kept: Kept) -> Grid:
    def here(spots: tuple[Spot, ...]) -> tuple[str, ...]:
        found = {signal for signal, window in spots if WINDOWS[window].tile_ms == tile_ms}
        return tuple(signal for signal in signals if signal in found)

    tiles = max(WINDOWS[window].tiles for _, window in kept.counted if WINDOWS[window].tile_ms == tile_ms)
    return Grid(tile_ms, tiles, here(kept.counted), here(kept.summed), here(kept.most))


def _refuse_missing_values(kept: Kept) -> None:
    for signal in (*(signal for signal, _ in (*kept.summed, *kept.most)), *kept.latest):
        if signal in BUILT_IN_SIGNALS:
            raise ValueError(f"signal {signal!r} has no value: read how often or when it was raised")


def _refuse_leaks(workload: Workload) -> None:
    """The churn act is what is foretold: a feature that saw it would know the answer."""
    acts = {(act.kind, act.name) for act in workload.churn}
    sources = [*workload.signals.items(), *((name, (w.begins, w.ends)) for name, w in workload.waits.items())]
    for signal, some in sources:
        if any((source.kind, source.name) in acts for source in some):
            raise ValueError(f"signal {signal!r} is raised by the churn act: no feature may see what it foretells")


def _refuse_unclear_waits(workload: Workload) -> None:
    """One event begins one wait at most and ends one at most, and both must be acts."""
    for name, wait in workload.waits.items():
        if name in (*BUILT_IN_SIGNALS, *workload.signals):
            raise ValueError(f"wait {name!r} has the name of a signal: it raises a signal of its own")
        if {wait.begins.kind, wait.ends.kind} & {"profile", "sentiment"}:
            raise ValueError(f"wait {name!r} must begin and end with an action, a conversation or a message")
    for side in ("begins", "ends"):
        acts = [(act.kind, act.name) for act in (getattr(wait, side) for wait in workload.waits.values())]
        if len(set(acts)) < len(acts):
            raise ValueError(f"two waits of workload {workload.name!r} {side[:-1]} with the same act: tell them apart")


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
        ("waiting", "i8", (max(1, len(layout.waits)),)),
        ("answered", "i8", (max(1, len(layout.waits)),)),
        ("latest_time", "i8", (max(1, len(layout.latest)),)),
        ("sums", "i8", (max(1, layout.first_sums()[-1]),)),
        ("mosts", "i8", (max(1, layout.first_mosts()[-1]),)),
        ("tiles", "u8", (max(1, layout.first_tiles()[-1]),)),
        ("latest_value", "i8", (max(1, len(layout.latest)),)),
        ("ids", "u4", (ID_RING,)),
        ("events", "u4"),
        ("session_events", "u4"),
        ("earlier_events", "u4"),
        ("episode", "u4"),
        ("sequence", "u4"),
        ("alert_score", "f4"),
        ("next_id", "u1"),
        ("churned", "u1"),
        ("band", "u1"),
    ]
    padding = -np.dtype(fields).itemsize % RECORD_STEP_BYTES
    return np.dtype([*fields, ("padding", "u1", (padding,))] if padding else fields, align=True)
