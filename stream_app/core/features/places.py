"""Where a compiled workload keeps what its features read, and the tables of the lists that their rows point into."""

from collections.abc import Iterable, Mapping
from itertools import accumulate

import numpy as np

from stream_app.core.features.fold import WindowRow
from stream_app.core.features.kinds.kind import Spot, Tile
from stream_app.core.features.layout import WORD_TILES, Layout
from stream_app.core.features.windows import WINDOWS
from stream_app.core.tables import Tables, starts, table

_LONGEST = max(window.tiles for window in WINDOWS.values())


class Placed:
    """The places of one workload (`kinds.kind.Places`).

    `scales` and `categories` are by signal, `columns` gives the first column of each feature that is declared before
    the one that asks and has one column.
    """

    def __init__(
        self, layout: Layout, windows: set[str], scales: Mapping[str, int], categories: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.columns: dict[str, int] = {}
        self._layout, self._scales, self._categories = layout, scales, categories
        self._windows = [
            sorted((w for w in windows if layout.grid(w) == g), key=lambda w: WINDOWS[w].tiles)
            for g in range(len(layout.grids))
        ]
        widths = [grid.words * WORD_TILES for grid in layout.grids]
        rows = [(window, widths[g]) for g, some in enumerate(self._windows) for window in some]
        first = list(accumulate((width for _, width in rows), initial=0))
        self._first_cell = {window: cell for (window, _), cell in zip(rows, first, strict=False)}
        self.number_of_cells = first[-1]
        self._cells: list[int] = []
        self._operands: list[int] = []
        self._reals: list[float] = []
        self._weights: list[float] = []

    def tile(self, signal: str, window: str) -> Tile:
        """A signal's tiles."""
        index = self._layout.grid(window)
        grid = self._layout.grids[index]
        word, bits = grid.lane(signal)
        return Tile(index, word, bits, slot(grid.summed, signal), slot(grid.most, signal), WINDOWS[window].tiles)

    def cell(self, signal: str, window: str) -> int:
        """The cell that holds a signal's count in a window."""
        return self._first_cell[window] + self._layout.grids[self._layout.grid(window)].signals.index(signal)

    def cells(self, spots: Iterable[Spot]) -> tuple[int, int]:
        """First and end of a list of such cells."""
        first = len(self._cells)
        self._cells += [self.cell(signal, window) for signal, window in spots]
        return first, len(self._cells)

    def last(self, signal: str) -> int:
        """The slot of the time at which a signal was raised last."""
        return self._layout.last.index(signal)

    def latest(self, signal: str) -> int:
        """The slot of a signal's latest value."""
        return self._layout.latest.index(signal)

    def scale(self, signal: str) -> int:
        """A signal's values are kept in units of 1 / scale."""
        return self._scales[signal]

    def values(self, signal: str) -> tuple[str, ...]:
        """The texts of a signal that is a category. Raises ValueError for one that is none."""
        if signal not in self._categories:
            raise ValueError(f"signal {signal!r} is no category: raise it by category(…) alone")
        return self._categories[signal]

    def real(self, value: float) -> int:
        """The place of a real number that the read-out needs."""
        self._reals.append(value)
        return len(self._reals) - 1

    def weights(self, keep: float) -> int:
        """The row of weights 1, keep, keep², … of tiles by their age."""
        self._weights.append(keep)
        return len(self._weights) - 1

    def operands(self, features: Iterable[str]) -> tuple[int, int]:
        """First and end of a list of columns. Raises ValueError for a feature that is not declared before."""
        first = len(self._operands)
        for name in features:
            if name not in self.columns:
                raise ValueError(f"there is no feature {name!r} of one column before the one that is made of it")
            self._operands.append(self.columns[name])
        return first, len(self._operands)

    def tables(self) -> Tables:
        """The windows of each grid, and the lists."""
        rows = [(WINDOWS[window].tiles, self._first_cell[window]) for some in self._windows for window in some]
        return {
            "windows": table(rows, WindowRow),
            "windows_from": starts(self._windows),
            "cells": np.array(self._cells, np.int64),
            "operands": np.array(self._operands, np.int64),
            "reals": np.array(self._reals, np.float64),
            "weights": np.array([_weights(keep) for keep in self._weights], np.float64).reshape(-1, _LONGEST),
        }


def slot(slots: tuple[str, ...], signal: str) -> int:
    """A signal's place among some, or -1."""
    return slots.index(signal) if signal in slots else -1


def _weights(keep: float) -> list[float]:
    """1, keep, keep², … by repeated multiplication: the same bits on every machine."""
    return list(accumulate(range(_LONGEST - 1), lambda weight, _: weight * keep, initial=1.0))
