"""How real numbers become integers: in units of 1 / scale, half to even, never beyond what a full window can hold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

ADMISSION_VERSION: Final = 2
"""Part of the state digest: raise it when the intake admits another event, or takes another number from one."""
LARGEST: Final = 1 << 40
"""In units of 1 / scale. 52 tiles of 65,535 values each of this size stay below 2^63."""
SCALES: Final = (1, 10, 100, 1000)

ABSENT: Final = -(1 << 62)
"""Stands for no number."""
BEYOND: Final = 1 << 62
"""Stands for a number that is larger than may be kept."""


@dataclass(frozen=True)
class Declared:
    """The numbers and categories that a workload wants from events: scales and texts by name."""

    measures: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)


NOTHING_DECLARED: Final = Declared()


def quantised(value: float, scale: int) -> int:
    """A number in units of 1 / `scale`. Raises ValueError for one that is not finite, or too large to be kept."""
    product = value * scale
    if not math.isfinite(product) or abs(units := round(product)) > LARGEST:
        raise ValueError(f"{value!r} is not a number of at most {LARGEST / scale:,.15g} in size")
    return units


def all_quantised(values: NDArray[np.float64], scales: Sequence[int]) -> NDArray[np.int64]:
    """The same for numbers in columns, each with its scale: ABSENT for NaN, BEYOND for what is too large."""
    units = np.rint(values * np.array(scales, np.float64))
    absent, beyond = np.isnan(values), np.abs(units) > LARGEST
    units[absent | beyond] = 0.0
    result = units.astype(np.int64)
    result[absent], result[beyond] = ABSENT, BEYOND
    return result
