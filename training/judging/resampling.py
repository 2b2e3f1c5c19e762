"""How sure one can be of a figure: 95 % intervals by bootstrap over users, as the snapshots of one user are alike."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers

Weights = NDArray[np.float64]
Statistic = Callable[[Weights], Mapping[str, float]]
"""Figures by name, from a weight per row. A figure that the rows cannot give is not a number."""

RESAMPLES = 400
_INTERVAL = (2.5, 97.5)
_DIGITS = 4


def numbered(user: Integers) -> Integers:
    """The same users, numbered from 0 without gaps."""
    return np.unique(user, return_inverse=True)[1]


def figures(statistic: Statistic, user: Integers, seed: int, resamples: int = RESAMPLES) -> dict[str, dict[str, Any]]:
    """Each figure as `value` with its `interval`, both None where the rows cannot give it.

    A resample draws as many users as there are, with replacement; a row weighs as often as its user was drawn. Those
    in which a figure does not exist say nothing about it. The same users and seed give the same resamples.
    """
    user, random = numbered(user), np.random.default_rng(seed)
    users = int(user.max()) + 1
    found = statistic(np.ones(len(user)))
    drawn = [statistic(_times_drawn(random, users)[user]) for _ in range(resamples)]
    return {name: _figure(value, np.array([figure[name] for figure in drawn])) for name, value in found.items()}


def _times_drawn(random: np.random.Generator, users: int) -> Weights:
    return np.bincount(random.integers(0, users, users), minlength=users).astype(np.float64)


def _figure(value: float, resampled: Weights) -> dict[str, Any]:
    known = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or not len(known):
        return {"value": None, "interval": None}
    low, high = np.percentile(known, _INTERVAL)
    return {"value": rounded(value), "interval": [rounded(low), rounded(high)]}


def rounded(value: float | np.floating[Any]) -> float:
    """As reports have it."""
    return round(float(value), _DIGITS)
