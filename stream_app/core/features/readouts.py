"""Compiles features to the tables by which the kernel reads them out: one table for each kind of feature."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from stream_app.core.features.kinds import (
    ActiveTiles,
    Count,
    DecayedMean,
    HoursSeen,
    HoursSince,
    Latest,
    SessionEvents,
    SessionMinutes,
    Share,
)
from stream_app.core.features.layout import WORD_TILES, Layout, windows_read
from stream_app.core.features.windows import WINDOWS
from stream_app.core.features.workload import Workload
from stream_app.core.tables import Integers, Tables

_MINUTES, _EVENTS = 0, 1
_LONGEST = max(window.tiles for window in WINDOWS.values())


def read_out_tables(workload: Workload, layout: Layout) -> tuple[int, Tables]:
    """How many cells the windows have, their tables, and those of each kind of feature."""
    cells = _Cells(workload, layout)
    return cells.number, cells.tables() | _Features(workload, layout, cells).tables()


class _Cells:
    """Where the window counts of a read-out stand: for each window of a grid a row of the grid's columns."""

    def __init__(self, workload: Workload, layout: Layout) -> None:
        read = {window for feature in workload.features.values() for _, window in windows_read(feature)}
        self._layout = layout
        self._by_grid = [
            sorted((w for w in read if layout.grid(w) == g), key=lambda w: WINDOWS[w].tiles)
            for g in range(len(layout.grids))
        ]
        self._first: dict[str, int] = {}
        self.number = 0
        for grid, windows in zip(layout.grids, self._by_grid, strict=True):
            for window in windows:
                self._first[window] = self.number
                self.number += grid.words * WORD_TILES

    def of(self, signal: str, window: str) -> int:
        """The cell that holds a signal's count in a window."""
        return self._first[window] + self._layout.grids[self._layout.grid(window)].signals.index(signal)

    def tables(self) -> Tables:
        """Per window its number of tiles and first cell; where each grid's windows begin."""
        rows = [(WINDOWS[window].tiles, self._first[window]) for windows in self._by_grid for window in windows]
        starts = list(accumulate((len(windows) for windows in self._by_grid), initial=0))
        return {"windows": _table(rows, 2), "windows_from": np.array(starts, np.int64)}


class _Features:
    """Sorts a workload's features by kind."""

    def __init__(self, workload: Workload, layout: Layout, cells: _Cells) -> None:
        self._layout = layout
        self._cells = cells
        self._counts: list[tuple[int, ...]] = []
        self._actives: list[tuple[int, ...]] = []
        self._shares: list[tuple[int, ...]] = []
        self._whole_cells: list[int] = []
        self._seens: list[tuple[int, ...]] = []
        self._sinces: list[tuple[int, ...]] = []
        self._means: list[tuple[int, ...]] = []
        self._weights: list[list[float]] = []
        self._latests: list[tuple[int, ...]] = []
        self._sessions: list[tuple[int, ...]] = []
        for index, feature in enumerate(workload.features.values()):
            match feature:
                case Count():
                    self._counts.append((index, cells.of(feature.signal, feature.window)))
                case ActiveTiles():
                    self._actives.append((index, *self._place(feature.signal, feature.window)))
                case Share():
                    self._add_share(index, feature)
                case HoursSeen():
                    self._seens.append((index, feature.cap_hours))
                case HoursSince():
                    self._sinces.append((index, layout.last.index(feature.signal), feature.cap_hours))
                case DecayedMean():
                    self._add_mean(index, feature)
                case Latest():
                    self._latests.append((index, layout.latest.index(feature.signal), feature.missing))
                case SessionMinutes():
                    self._sessions.append((index, _MINUTES))
                case SessionEvents():
                    self._sessions.append((index, _EVENTS))

    def _place(self, signal: str, window: str) -> tuple[int, int, int, int]:
        """Grid, word and bits of a signal's tiles, and how many its window has."""
        grid = self._layout.grid(window)
        return grid, *self._layout.grids[grid].lane(signal), WINDOWS[window].tiles

    def _add_share(self, index: int, share: Share) -> None:
        first = len(self._whole_cells)
        self._whole_cells += [self._cells.of(signal, share.window) for signal in share.whole]
        self._shares.append((index, self._cells.of(share.part, share.window), first, len(self._whole_cells)))

    def _add_mean(self, index: int, mean: DecayedMean) -> None:
        grid, word, bits, tiles = self._place(mean.signal, mean.window)
        summed = self._layout.grids[grid].valued.index(mean.signal)
        self._means.append((index, self._cells.of(mean.signal, mean.window), grid, word, bits, summed, tiles))
        self._weights.append(_weights(mean.keep))

    def tables(self) -> Tables:
        """A table for each kind."""
        return {
            "counts": _table(self._counts, 2),
            "actives": _table(self._actives, 5),
            "shares": _table(self._shares, 4),
            "whole_cells": np.array(self._whole_cells, np.int64),
            "seens": _table(self._seens, 2),
            "sinces": _table(self._sinces, 3),
            "means": _table(self._means, 7),
            "weights": np.array(self._weights, np.float64).reshape(len(self._means), _LONGEST),
            "latests": _table(self._latests, 3),
            "sessions": _table(self._sessions, 2),
        }


def _table(rows: Sequence[tuple[int, ...]], width: int) -> Integers:
    return np.array(rows, np.int64).reshape(-1, width)


def _weights(keep: float) -> list[float]:
    """1, keep, keep², … by repeated multiplication: the same bits on every machine."""
    return list(accumulate(range(_LONGEST - 1), lambda weight, _: weight * keep, initial=1.0))
