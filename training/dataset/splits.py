"""Who and when a model learns from, and who and when it is judged by: users and time are both split."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers
from training.dataset.draws import share

_TRAIN_SHARE = 0.5
_VALIDATION_SHARE = 0.25
_LEARNT_SHARE = 2 / 3


class Part(IntEnum):
    """Users to fit on, users to choose thresholds on, users to judge by. A user is in one part only."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2


def part_of(user: str, seed: int) -> Part:
    """The part of a user: by a hash, so that it depends on nothing else."""
    place = share(seed, "part", user)
    if place < _TRAIN_SHARE:
        return Part.TRAIN
    return Part.VALIDATION if place < _TRAIN_SHARE + _VALIDATION_SHARE else Part.TEST


@dataclass(frozen=True)
class Period:
    """The log's time with a cut in it: what is learnt had come true by the cut, what is judged lies behind it."""

    cut_ms: int
    end_ms: int
    horizon_ms: int

    def learnable(self, as_of_ms: Integers) -> NDArray[np.bool_]:
        """Moments whose label had come true by the cut."""
        return as_of_ms + self.horizon_ms <= self.cut_ms

    def judgeable(self, as_of_ms: Integers) -> NDArray[np.bool_]:
        """Moments behind the cut whose label has come true, whatever it is: churn alone becomes known earlier."""
        return (as_of_ms > self.cut_ms) & self.over(as_of_ms)

    def over(self, as_of_ms: Integers) -> NDArray[np.bool_]:
        """Moments whose horizon is over by the log's end, so that churners and stayers are known alike."""
        return as_of_ms + self.horizon_ms <= self.end_ms


def period(start_ms: int, end_ms: int, horizon_ms: int) -> Period:
    """Cut a log's time so that of the moments that can be learnt from or judged by, two thirds are learnt from."""
    usable_ms = end_ms - start_ms - 2 * horizon_ms
    return Period(start_ms + int(_LEARNT_SHARE * usable_ms) + horizon_ms, end_ms, horizon_ms)
