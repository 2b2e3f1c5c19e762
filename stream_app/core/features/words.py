"""How features are told to an agent: sentences with a slot, as data. `core.decisions.wording` fills them in.

`{value}` is where the value is told, rounded as people say it; what is usual is told after it: "no songs in a week,
usually 190". A feature without words is told by its label.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Counted:
    """A number of things: "1 song", "4 songs"; of none of them `none`, "no songs" where it is left out."""

    one: str
    many: str
    says: str
    none: str = ""


@dataclass(frozen=True)
class Lasting:
    """A length of time, kept in this unit; `none` is said instead where there is none of it."""

    unit: Literal["minutes", "hours"]
    says: str
    none: str = ""


@dataclass(frozen=True)
class Ago:
    """Hours since a thing was last seen, looked for so many hours back: "no advert for 9 days, usually 2", and where it
    is more recent than usual, "last advert 2 hours ago, usually 9 days"."""

    thing: str
    within_h: int


@dataclass(frozen=True)
class Portion:
    """A share, told as a percentage; `none` is said instead where it is 0."""

    says: str
    none: str


@dataclass(frozen=True)
class Either:
    """One of two: 1 is `yes`, 0 is `no`. What is usual is the other one, and is not told."""

    yes: str
    no: str


@dataclass(frozen=True)
class Graded:
    """A number that is told by name: that of the last of the ascending `steps` at or below it.

    `higher` and `lower` say how the usual value differs where it has the same name.
    """

    says: str
    steps: tuple[tuple[float, str], ...]
    higher: str = "higher"
    lower: str = "lower"


@dataclass(frozen=True)
class Categorical:
    """A category, told by its value, or by what `names` call it."""

    says: str
    names: Mapping[str, str] = field(default_factory=dict)


Wording = Counted | Lasting | Ago | Portion | Either | Graded | Categorical


@dataclass(frozen=True)
class Group:
    """Features that say one thing, and are one reason together. Not `told`: an agent could neither say it nor act on
    it, and it is no reason."""

    features: tuple[str, ...]
    told: bool = True


def column_feature(column: str) -> str:
    """The feature that a column of the vector belongs to: a category has several, `contract=yearly` is one of them."""
    return column.partition("=")[0]
