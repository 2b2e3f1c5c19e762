"""Features of how often something took place."""

from collections.abc import Iterable
from dataclasses import dataclass

from stream_app.core.features.fold import ActiveRow, CountRow, ShareRow
from stream_app.core.features.kinds.kind import Kept, Kind, OfTiles, Places, Row


@dataclass(frozen=True)
class Count(OfTiles):
    """How often a signal was raised in the window; each tile saturates at 65,535."""

    TAG = "count"

    label: str

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        return [CountRow(column, at.cell(self.signal, self.window))]


@dataclass(frozen=True)
class ActiveTiles(OfTiles):
    """How many tiles of the window hold at least one of the signal: active days, for windows of day tiles."""

    TAG = "active_tiles"

    label: str

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        tile = at.tile(self.signal, self.window)
        return [ActiveRow(column, tile.grid, tile.word, tile.bits, tile.tiles)]


@dataclass(frozen=True)
class Share(Kind):
    """Count of `part` over the summed counts of `whole` in the window; 0 when the whole is 0."""

    TAG = "share"

    part: str
    whole: tuple[str, ...]
    window: str
    label: str

    def kept(self) -> Kept:
        """The tiles of part and whole."""
        return Kept(counted=tuple((signal, self.window) for signal in (self.part, *self.whole)))

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        first, end = at.cells((signal, self.window) for signal in self.whole)
        return [ShareRow(column, at.cell(self.part, self.window), first, end)]
