"""Point-in-time labels: what came of a user within the horizon after a moment, as far as the log can know it; and
which labels had come true by a time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers

STAYED, CHURNED, UNKNOWN = 0, 1, -1
NEVER = int(np.iinfo(np.int64).max)
"""The time of an act that the log does not hold."""
_LEARNT_SHARE = 2 / 3


def label(as_of_ms: Integers, churn_ms: Integers, horizon_ms: int, end_ms: int) -> NDArray[np.int8]:
    """CHURNED iff the user's first churn act lies in (t, t + horizon].

    UNKNOWN, not STAYED, unless t + horizon <= end of the log or the user churned before that end. UNKNOWN as well for a
    user who had churned by t: there is nothing left to foresee. `churn_ms` is NEVER where there is no such act.
    """
    labels = np.where(as_of_ms + horizon_ms <= end_ms, STAYED, UNKNOWN).astype(np.int8)
    labels[churn_ms - as_of_ms <= horizon_ms] = CHURNED
    labels[churn_ms <= as_of_ms] = UNKNOWN
    return labels


@dataclass(frozen=True)
class TimeSplit:
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


def split_time(start_ms: int, end_ms: int, horizon_ms: int) -> TimeSplit:
    """Cut a log's time so that of the moments that can be learnt from or judged by, two thirds are learnt from."""
    usable_ms = end_ms - start_ms - 2 * horizon_ms
    return TimeSplit(start_ms + int(_LEARNT_SHARE * usable_ms) + horizon_ms, end_ms, horizon_ms)
