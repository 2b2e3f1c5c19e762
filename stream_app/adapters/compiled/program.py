"""Lays a form out in the tables that the kernel walks."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from stream_app.adapters.compiled import kernels
from stream_app.adapters.compiled.form import LEAF, Bend, Branch, Form, Linear, Product, Scaling, Tree, Trees
from stream_app.core.scoring import Scores, Vectors

_SHALLOW_DEPTH = 3


@dataclass(frozen=True)
class Program:
    """The tables of `kernels.probabilities`; its types are the same for every form, so it is compiled once."""

    branches: NDArray[np.int64]
    steps: NDArray[np.int64]
    places: NDArray[np.int64]
    numbers: NDArray[np.float32]

    def run(self, vectors: Vectors) -> Scores:
        """The chance of churn per row. Unusual arrays are copied: each kind would have a kernel of its own compiled."""
        usual = vectors.flags.c_contiguous and vectors.flags.writeable
        given = vectors if usual else vectors.copy()
        scores: Scores = kernels.probabilities(given, self.branches, self.steps, self.places, self.numbers)
        return scores


def program_of(form: Form) -> Program:
    """The tables of a form."""
    tables = _Tables()
    for branch in form.branches:
        tables.add(branch)
    return Program(
        np.array(tables.branches, np.int64),
        np.array(tables.steps, np.int64).reshape(-1, 2),
        np.array(tables.places, np.int64),
        np.array(tables.numbers, np.float32),
    )


class _Tables:
    def __init__(self) -> None:
        self.branches: list[list[int]] = []
        self.steps: list[tuple[int, int]] = []
        self.places: list[int] = []
        self.numbers: list[np.float32] = []

    def add(self, branch: Branch) -> None:
        """Append a branch and what belongs to it."""
        begun = len(self.steps)
        for step in branch.steps:
            self._step(step)
        place, number, head = len(self.places), len(self.numbers), branch.head
        if isinstance(head, Linear):
            kind, logistic, trees = kernels.LINEAR, True, 0
            self.numbers += [branch.weight, head.intercept, *head.coefficients]
        else:
            kind, logistic, trees = _kind(head), head.logistic, len(head.trees)
            self.numbers += [branch.weight, head.start]
            self._trees(head.trees, kind)
        self.branches.append([kind, logistic, begun, len(self.steps), trees, place, number])

    def _step(self, step: Bend) -> None:
        at = len(self.numbers)
        if isinstance(step, Product):
            self.steps.append((kernels.PRODUCT, at))
            self.numbers += step.factors.tolist()
        elif isinstance(step, Scaling):
            self.steps.append((kernels.SCALING, at))
            self.numbers += [*step.offsets, *step.scales]
        else:
            self.steps.append((kernels.SOFTSIGN, at))

    def _trees(self, trees: tuple[Tree, ...], kind: int) -> None:
        if kind == kernels.SHALLOW:
            for tree in trees:
                features, numbers = _filled_up(tree)
                self.places += features
                self.numbers += numbers
            return
        roots, nodes, values = _side_by_side(trees)
        self.places += [*roots, *chain.from_iterable(nodes)]
        self.numbers += values


def _kind(head: Trees) -> int:
    return kernels.SHALLOW if all(tree.depth() <= _SHALLOW_DEPTH for tree in head.trees) else kernels.DEEP


def _filled_up(tree: Tree) -> tuple[list[int], list[np.float32]]:
    """Features and values of seven splits, then eight leaves: a leaf higher up stands on both sides of idle splits."""
    level, features, values = [0], [], []
    for _ in range(_SHALLOW_DEPTH):
        below = []
        for node in level:
            ends = tree.features[node] == LEAF
            features.append(0 if ends else int(tree.features[node]))
            values.append(tree.values[node])
            below += [node, node] if ends else [int(tree.yes[node]), int(tree.no[node])]
        level = below
    return features, [*values, *tree.values[level]]


def _side_by_side(trees: tuple[Tree, ...]) -> tuple[list[int], list[tuple[int, int]], list[np.float32]]:
    """Roots; feature and `yes` of each node of all trees; values. The `no` of a node stands behind its `yes`."""
    roots: list[int] = []
    nodes: list[tuple[int, int]] = []
    values: list[np.float32] = []
    for tree in trees:
        roots.append(len(nodes))
        order = [0]
        for node in order:
            feature, goes_on = int(tree.features[node]), 0
            if feature != LEAF:
                goes_on = roots[-1] + len(order)
                order += [int(tree.yes[node]), int(tree.no[node])]
            nodes.append((feature, goes_on))
            values.append(tree.values[node])
    return roots, nodes, values
