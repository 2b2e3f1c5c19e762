"""The forms of model that can be compiled: a weighted vote of branches, each of which bends and scales its columns.

Steps on columns, then a linear model or an ensemble of trees that read the chance of churn from them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LEAF = -1
"""In place of a feature."""


@dataclass(frozen=True)
class Product:
    """Every column times its own factor."""

    factors: Floats


@dataclass(frozen=True)
class Softsign:
    """x / (1 + |x|)."""


@dataclass(frozen=True)
class Scaling:
    """Every column less its own offset, times its own scale."""

    offsets: Floats
    scales: Floats


Bend = Product | Softsign | Scaling


@dataclass(frozen=True)
class Linear:
    """Logistic regression: a coefficient per column."""

    coefficients: Floats
    intercept: np.float32


@dataclass(frozen=True)
class Tree:
    """Nodes in columns, the root first.

    A node without a feature (LEAF) is a leaf, and its value what the leaf says; any other sends a row whose feature is
    at most the value to `yes`, else to `no`.
    """

    features: NDArray[np.int64]
    values: Floats
    yes: NDArray[np.int64]
    no: NDArray[np.int64]

    def depth(self, node: int = 0) -> int:
        """How many splits a row can pass at most, from a node on."""
        if self.features[node] == LEAF:
            return 0
        return 1 + max(self.depth(int(self.yes[node])), self.depth(int(self.no[node])))


@dataclass(frozen=True)
class Trees:
    """The sum of what every tree's leaf says, and a start; through the logistic function if it is of log odds."""

    trees: tuple[Tree, ...]
    start: np.float32
    logistic: bool


@dataclass(frozen=True)
class Branch:
    """One voter: its steps, its model, and what its chance counts."""

    steps: tuple[Bend, ...]
    head: Linear | Trees
    weight: np.float32


@dataclass(frozen=True)
class Form:
    """The branches of a vote, in the order in which they are added up, over so many columns."""

    width: int
    branches: tuple[Branch, ...]


class UnknownForm(Exception):
    """A graph is of no form that can be compiled; says what in it is foreign."""


def must(known: bool, foreign: str) -> None:
    """Raises UnknownForm, with what is foreign, unless it is known."""
    if not known:
        raise UnknownForm(foreign)
