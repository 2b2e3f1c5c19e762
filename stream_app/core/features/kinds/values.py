"""Features of the values that a signal was raised with, over a window."""

from collections.abc import Iterable
from dataclasses import dataclass

from stream_app.core.features.fold import NO_CELL, DecayRow, MostRow, SumRow
from stream_app.core.features.kinds.kind import Kept, OfSums, OfTiles, Places, Row


@dataclass(frozen=True)
class Sum(OfSums):
    """Sum of a signal's values in the window, of at most 65,535 of them a tile."""

    TAG = "sum"

    label: str

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        tile = at.tile(self.signal, self.window)
        return [SumRow(column, NO_CELL, tile.grid, tile.summed, tile.tiles, at.scale(self.signal), at.real(0.0))]


@dataclass(frozen=True)
class Mean(OfSums):
    """Mean of a signal's values in the window; `missing` when there is none."""

    TAG = "mean"

    missing: float
    label: str

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One; where there is no value, a cell of 0 says so."""
        tile, cell = at.tile(self.signal, self.window), at.cell(self.signal, self.window)
        scale = at.scale(self.signal)
        return [SumRow(column, cell, tile.grid, tile.summed, tile.tiles, scale, at.real(self.missing))]


@dataclass(frozen=True)
class Most(OfTiles):
    """Largest of a signal's values in the window; `missing` when there is none."""

    TAG = "most"

    missing: float
    label: str

    def kept(self) -> Kept:
        """The window's tiles, with their largest values beside their counts."""
        return super().kept()._replace(most=((self.signal, self.window),))

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        tile = at.tile(self.signal, self.window)
        where = (tile.grid, tile.word, tile.bits, tile.most, tile.tiles)
        return [MostRow(column, *where, at.scale(self.signal), at.real(self.missing))]


@dataclass(frozen=True)
class DecayedMean(OfSums):
    """Mean value of a signal, each tile weighing `keep` times the next newer one; 0 when there is none."""

    TAG = "decayed_mean"

    keep: float
    label: str

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        tile, cell = at.tile(self.signal, self.window), at.cell(self.signal, self.window)
        where = (tile.grid, tile.word, tile.bits, tile.summed, tile.tiles)
        return [DecayRow(column, cell, *where, at.scale(self.signal), at.weights(self.keep))]
