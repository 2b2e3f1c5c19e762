"""Random quantities as tables of quantiles: the same numbers on every machine, whatever its maths library.

A table is made once, rounded to a millionth, and read with one uniform number; only `+ - * /` stand between the
generator and the result.
"""

from collections.abc import Sequence
from math import exp, log
from statistics import NormalDist
from typing import Final

Quantiles = tuple[float, ...]

_CELLS: Final = 512
_LEVELS: Final = tuple((cell + 0.5) / _CELLS for cell in range(_CELLS))

FINE: Final = 4096
"""Cells of a table of milliseconds, which is read without interpolation: `table[int(level * FINE)]`."""


def exponential() -> Quantiles:
    """Waiting times of mean 1 (the tail ends at about 7)."""
    return tuple(round(-log(1.0 - level), 6) for level in _LEVELS)


def lognormal(sigma: float) -> Quantiles:
    """Quantities of median 1 whose logarithm has the standard deviation `sigma`."""
    standard = NormalDist()
    return tuple(round(exp(sigma * standard.inv_cdf(level)), 6) for level in _LEVELS)


def normal() -> Quantiles:
    """Deviations of mean 0 and standard deviation 1 (the tails end at about 3)."""
    standard = NormalDist()
    return tuple(round(standard.inv_cdf(level), 6) for level in _LEVELS)


def draw(table: Quantiles, level: float) -> float:
    """The quantity at `level`, a uniform number in [0, 1), by linear interpolation."""
    place = level * (_CELLS - 1)
    cell = int(place)
    low = table[cell]
    return low + (table[cell + 1] - low) * (place - cell)


def milliseconds(table: Quantiles, unit_ms: float, least_ms: int = 0) -> tuple[int, ...]:
    """`FINE` durations of `least_ms` and `unit_ms` times the quantities of the table, in whole milliseconds."""
    return tuple(least_ms + int(draw(table, (cell + 0.5) / FINE) * unit_ms) for cell in range(FINE))


def cumulative(weights: Sequence[float]) -> Quantiles:
    """Running shares of the weights' sum, to be read by `bisect_right`; the last one is 1."""
    whole = 0.0
    for weight in weights:
        whole += weight
    shares, running = [], 0.0
    for weight in weights:
        running += weight
        shares.append(running / whole)
    shares[-1] = 1.0
    return tuple(shares)
