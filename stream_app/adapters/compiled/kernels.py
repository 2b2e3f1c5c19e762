"""The loops: what ONNX Runtime computes for each operator, in the same order and rounding.

Softsign is a product with a reciprocal. A linear model is added up by fused multiply-add from 0 in the order of the
columns, its intercept afterwards; its logistic function is a ratio of polynomials. Trees are added up in their order;
their logistic function is the exponential one.

The kernel is one file on purpose: numba's cache of a function does not notice a change in a file that it calls into.
"""

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from stream_app.core.kernels import Array, kernel, piece

PRODUCT, SOFTSIGN, SCALING = 0, 1, 2
"""Steps: a code, and the place of the first of its numbers."""
LINEAR, SHALLOW, DEEP = 0, 1, 2
"""Heads: a linear model, trees that are all filled up to three splits on each way, trees of any shape."""
HEAD, LOGISTIC, FIRST_STEP, END_STEP, TREES, PLACE, NUMBER = range(7)
"""Columns of a branch. From its number on: weight, start or intercept, then those of its head."""

SPLITS, LEAVES = 7, 8
"""Of a shallow tree: the root, its two, their four; the leaves from the left."""

_LANES = 64
"""Rows that are computed together: their columns stay in the processor's first cache."""
_ZERO, _ONE, _HALF, _REACH = np.float32(0.0), np.float32(1.0), np.float32(0.5), np.float32(18.0)
_P1, _P3, _P5, _P7, _P9 = (
    np.float32(2.48287947061529e-01),
    np.float32(8.51377133304701e-03),
    np.float32(6.08574864600143e-05),
    np.float32(1.15627324459942e-07),
    np.float32(4.37031012579801e-11),
)
_Q0, _Q2, _Q4, _Q6, _Q8, _Q10 = (
    np.float32(9.93151921023180e-01),
    np.float32(1.16817656904453e-01),
    np.float32(1.70198817374094e-03),
    np.float32(6.29106785017040e-06),
    np.float32(5.76102136993427e-09),
    np.float32(6.10247389755681e-13),
)
"""The polynomials of x / (1 + exp(-x)) - 1/2 in odd and even powers, as ONNX Runtime has them."""


@intrinsic  # type: ignore[untyped-decorator]
def _fma(_typing: Any, a: Any, b: Any, c: Any) -> Any:  # noqa: ANN401 - numba's own objects
    """a * b + c, rounded once: an instruction, or the C library's function where the processor has none."""

    def code(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:  # noqa: ANN401 - the same
        return builder.fma(*given)

    return types.float32(a, b, c), code


@kernel
def probabilities(vectors: Array, branches: Array, steps: Array, places: Array, numbers: Array) -> Array:
    """The chance of churn per row: what the branches say, weighted and added up."""
    rows, width = vectors.shape
    result = np.empty(rows, np.float32)
    given = np.empty((width, _LANES), np.float32)
    bent = np.empty((width, _LANES), np.float32)
    votes = np.empty(_LANES, np.float32)
    for first in range(0, rows, _LANES):
        lanes = min(_LANES, rows - first)
        for lane in range(lanes):
            for column in range(width):
                given[column, lane] = vectors[first + lane, column]
        for number in range(len(branches)):
            branch = branches[number]
            read = given
            if branch[FIRST_STEP] < branch[END_STEP]:
                _bend(given, bent, lanes, steps[branch[FIRST_STEP] : branch[END_STEP]], numbers)
                read = bent
            _add_up(read, votes, lanes, branch, places, numbers[branch[NUMBER] :])
            weight = numbers[branch[NUMBER]]
            for lane in range(lanes):
                vote = votes[lane] * weight
                result[first + lane] = vote if number == 0 else result[first + lane] + vote
    return result


@piece
def _bend(given: Array, bent: Array, lanes: int, steps: Array, numbers: Array) -> None:
    """Take every column through the steps."""
    width = len(given)
    for column in range(width):
        source, target = given[column], bent[column]
        for step in range(len(steps)):
            kind, at = steps[step, 0], steps[step, 1] + column
            if kind == PRODUCT:
                factor = numbers[at]
                for lane in range(lanes):
                    target[lane] = source[lane] * factor
            elif kind == SOFTSIGN:
                for lane in range(lanes):
                    target[lane] = source[lane] * (_ONE / (_ONE + abs(source[lane])))
            else:
                offset, scale = numbers[at], numbers[at + width]
                for lane in range(lanes):
                    target[lane] = (source[lane] - offset) * scale
            source = target


@piece
def _add_up(read: Array, votes: Array, lanes: int, branch: Array, places: Array, numbers: Array) -> None:
    """What the head of a branch says of every lane."""
    start, figures = numbers[1], numbers[2:]
    for lane in range(lanes):
        votes[lane] = _ZERO
    if branch[HEAD] == LINEAR:
        for column in range(len(read)):
            source, coefficient = read[column], figures[column]
            for lane in range(lanes):
                votes[lane] = _fma(source[lane], coefficient, votes[lane])
        for lane in range(lanes):
            votes[lane] = _rational(votes[lane] + start)
        return
    if branch[HEAD] == SHALLOW:
        _shallow(read, votes, lanes, branch[TREES], places[branch[PLACE] :], figures)
    else:
        _deep(read, votes, lanes, branch[TREES], places[branch[PLACE] :], figures)
    for lane in range(lanes):
        votes[lane] += start
    if branch[LOGISTIC]:
        for lane in range(lanes):
            votes[lane] = _exponential(votes[lane])


@piece
def _shallow(read: Array, votes: Array, lanes: int, trees: int, places: Array, numbers: Array) -> None:
    """Every split of a tree is looked at, and its leaf chosen without a jump, so that many rows go at once."""
    for tree in range(trees):
        place, at = tree * SPLITS, tree * (SPLITS + LEAVES)
        a, b, c, d = places[place], places[place + 1], places[place + 2], places[place + 3]
        e, f, g = places[place + 4], places[place + 5], places[place + 6]
        a_most, b_most, c_most, d_most = numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]
        e_most, f_most, g_most = numbers[at + 4], numbers[at + 5], numbers[at + 6]
        leaf_0, leaf_1, leaf_2, leaf_3 = numbers[at + 7], numbers[at + 8], numbers[at + 9], numbers[at + 10]
        leaf_4, leaf_5, leaf_6, leaf_7 = numbers[at + 11], numbers[at + 12], numbers[at + 13], numbers[at + 14]
        for lane in range(lanes):
            low = leaf_0 if read[d, lane] <= d_most else leaf_1
            high = leaf_2 if read[e, lane] <= e_most else leaf_3
            left = low if read[b, lane] <= b_most else high
            low = leaf_4 if read[f, lane] <= f_most else leaf_5
            high = leaf_6 if read[g, lane] <= g_most else leaf_7
            right = low if read[c, lane] <= c_most else high
            votes[lane] += left if read[a, lane] <= a_most else right


@piece
def _deep(read: Array, votes: Array, lanes: int, trees: int, places: Array, numbers: Array) -> None:
    """Walk every tree: places hold the roots, then feature and `yes` of each node; `no` is the node after `yes`."""
    nodes = places[trees:]
    for tree in range(trees):
        root = places[tree]
        for lane in range(lanes):
            node = root
            while nodes[2 * node] >= 0:
                goes_on = nodes[2 * node + 1]
                node = goes_on if read[nodes[2 * node], lane] <= numbers[node] else goes_on + 1
            votes[lane] += numbers[node]


@piece
def _rational(x: Array) -> Array:
    x = min(max(x, -_REACH), _REACH)
    square = x * x
    p = _fma(_fma(_fma(_fma(square, _P9, _P7), square, _P5), square, _P3), square, _P1) * x
    q = _fma(_fma(_fma(_fma(_fma(square, _Q10, _Q8), square, _Q6), square, _Q4), square, _Q2), square, _Q0)
    return min(max(p / q + _HALF, _ZERO), _ONE)


@piece
def _exponential(x: Array) -> Array:
    chance = _ONE / (_ONE + math.exp(-abs(x)))
    return _ONE - chance if x < _ZERO else chance
