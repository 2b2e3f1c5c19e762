"""What a kind of feature declares: what it has kept of its signals, its columns, and its rows in the plan.

All arithmetic is on integers until the read-out, which uses IEEE + - * / only, so that every run gives the same bits.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

Row = tuple[int, ...]
"""A row of one of the plan's tables; its type names its table (`fold.READ_OUTS`)."""

Spot = tuple[str, str]
"""A signal in a window."""


class Kept(NamedTuple):
    """What the state must hold: tiles that count, that sum values beside, that hold the largest value beside; when
    signals were raised last, and their latest values."""

    counted: tuple[Spot, ...] = ()
    summed: tuple[Spot, ...] = ()
    most: tuple[Spot, ...] = ()
    last: tuple[str, ...] = ()
    latest: tuple[str, ...] = ()


class Tile(NamedTuple):
    """Where a signal's tiles stand in the rows of a grid, and how many of them its window has.

    `summed` and `most` are the places of its sums and largest values in a row, -1 where none are kept.
    """

    grid: int
    word: int
    bits: int
    summed: int
    most: int
    tiles: int


class Places(Protocol):
    """Where a compiled workload keeps what a feature reads."""

    def tile(self, signal: str, window: str) -> Tile:
        """A signal's tiles."""

    def cell(self, signal: str, window: str) -> int:
        """The cell that holds a signal's count in a window."""

    def cells(self, spots: Iterable[Spot]) -> tuple[int, int]:
        """First and end of a list of such cells."""

    def last(self, signal: str) -> int:
        """The slot of the time at which a signal was raised last."""

    def latest(self, signal: str) -> int:
        """The slot of a signal's latest value."""

    def scale(self, signal: str) -> int:
        """A signal's values are kept in units of 1 / scale."""

    def values(self, signal: str) -> tuple[str, ...]:
        """The texts of a signal that is a category. Raises ValueError for one that is none."""

    def real(self, value: float) -> int:
        """The place of a real number that the read-out needs."""

    def weights(self, keep: float) -> int:
        """The row of weights 1, keep, keep², … of tiles by their age."""

    def operands(self, features: Iterable[str]) -> tuple[int, int]:
        """First and end of a list of columns. Raises ValueError for a feature that is not declared before."""


class Kind(ABC):
    """A feature: one column of the vector, or several. Kinds are frozen dataclasses."""

    TAG: ClassVar[str]
    """Names the kind in digests."""

    label: str
    """What people call the feature."""

    @abstractmethod
    def kept(self) -> Kept:
        """What it reads of the state."""

    @abstractmethod
    def rows(self, column: int, at: Places) -> Iterable[Row]:
        """Its rows in the plan; `column` is its first."""

    def columns(self, name: str, values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Its columns' names; `values` are those of the signals that are categories."""
        del values
        return (name,)

    def made_of(self) -> tuple[str, ...]:
        """The features that it is made of."""
        return ()

    def described(self) -> list[Any]:
        """All that its figure depends on, for digests: the tag, then each parameter by name."""
        return [self.TAG, *([name, _plain(value)] for name, value in vars(self).items() if name != "label")]


@dataclass(frozen=True)
class OfTiles(Kind):
    """A feature of how often a signal was raised in a window."""

    signal: str
    window: str

    def kept(self) -> Kept:
        """The window's tiles."""
        return Kept(counted=((self.signal, self.window),))


@dataclass(frozen=True)
class OfSums(OfTiles):
    """A feature of the values that a signal was raised with in a window."""

    def kept(self) -> Kept:
        """The window's tiles, with sums beside their counts."""
        return super().kept()._replace(summed=((self.signal, self.window),))


def _plain(parameter: Any) -> Any:  # noqa: ANN401 - a text, a number, or several
    """A number as a real one: 0 says the same as 0.0."""
    return float(parameter) if isinstance(parameter, int) else parameter
