"""Features of what was said of a user last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stream_app.core.features.fold import CategoryRow, KnownRow, LatestRow
from stream_app.core.features.kinds.kind import Kept, Kind, Places, Row

OTHER = "other"
"""The category of every text that is not declared."""


@dataclass(frozen=True)
class Latest(Kind):
    """The signal's value with the latest time (of two with the same time the larger); `missing` if there is none."""

    TAG = "latest"

    signal: str
    missing: float
    label: str

    def kept(self) -> Kept:
        """The latest value."""
        return Kept(latest=(self.signal,))

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        return [LatestRow(column, at.latest(self.signal), at.scale(self.signal), at.real(self.missing))]


@dataclass(frozen=True)
class Known(Kind):
    """1 if the signal was ever raised, else 0."""

    TAG = "known"

    signal: str
    label: str

    def kept(self) -> Kept:
        """The latest value, for its time."""
        return Kept(latest=(self.signal,))

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        return [KnownRow(column, at.latest(self.signal))]


@dataclass(frozen=True)
class Category(Kind):
    """A column for each text that the signal's category may have, `contract=two_year`, and one for any other.

    1 in the column of the latest text, 0 in the others; all are 0 where none is known.
    """

    TAG = "category"

    signal: str
    label: str

    def kept(self) -> Kept:
        """The latest text, as its place among those declared."""
        return Kept(latest=(self.signal,))

    def columns(self, name: str, values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """One a text. Raises ValueError for a signal that is no category."""
        if self.signal not in values:
            raise ValueError(f"signal {self.signal!r} is no category: raise it by category(…) alone")
        return tuple(f"{name}={text}" for text in (OTHER, *values[self.signal]))

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One for the whole: its columns stand in the order of the codes."""
        return [CategoryRow(column, at.latest(self.signal), 1 + len(at.values(self.signal)))]
