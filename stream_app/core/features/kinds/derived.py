"""Features made of other features that stand before them, when they are read out: nothing more is kept."""

from collections.abc import Iterable
from dataclasses import dataclass

from stream_app.core.features.fold import DIFFERENCE, RATIO, TOTAL, DerivedRow
from stream_app.core.features.kinds.kind import Kept, Kind, Places, Row


@dataclass(frozen=True)
class Ratio(Kind):
    """Feature `part` over feature `whole`; `when_zero` where the whole is 0."""

    TAG = "ratio"

    part: str
    whole: str
    when_zero: float
    label: str

    def kept(self) -> Kept:
        """Nothing of its own."""
        return Kept()

    def made_of(self) -> tuple[str, ...]:
        """Part and whole."""
        return self.part, self.whole

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        return [DerivedRow(column, RATIO, *at.operands(self.made_of()), at.real(self.when_zero))]


@dataclass(frozen=True)
class Difference(Kind):
    """Feature `first` less feature `second`."""

    TAG = "difference"

    first: str
    second: str
    label: str

    def kept(self) -> Kept:
        """Nothing of its own."""
        return Kept()

    def made_of(self) -> tuple[str, ...]:
        """Both."""
        return self.first, self.second

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        return [DerivedRow(column, DIFFERENCE, *at.operands(self.made_of()), at.real(0.0))]


@dataclass(frozen=True)
class Total(Kind):
    """Sum of features, such as those of several signals, added in float64 in the order in which they are named."""

    TAG = "total"

    parts: tuple[str, ...]
    label: str

    def kept(self) -> Kept:
        """Nothing of its own."""
        return Kept()

    def made_of(self) -> tuple[str, ...]:
        """The parts."""
        return self.parts

    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """One."""
        return [DerivedRow(column, TOTAL, *at.operands(self.parts), at.real(0.0))]
