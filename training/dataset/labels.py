"""Point-in-time labels: what came of a user within the horizon after a moment, as far as the log can know it."""

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers

STAYED, CHURNED, UNKNOWN = 0, 1, -1
NEVER = int(np.iinfo(np.int64).max)
"""The time of an act that the log does not hold."""


def label(as_of_ms: Integers, churn_ms: Integers, horizon_ms: int, end_ms: int) -> NDArray[np.int8]:
    """CHURNED iff the user's first churn act lies in (t, t + horizon].

    UNKNOWN, not STAYED, unless t + horizon <= end of the log or the user churned before that end. UNKNOWN as well for a
    user who had churned by t: there is nothing left to foresee. `churn_ms` is NEVER where there is no such act.
    """
    labels = np.where(as_of_ms + horizon_ms <= end_ms, STAYED, UNKNOWN).astype(np.int8)
    labels[churn_ms - as_of_ms <= horizon_ms] = CHURNED
    labels[churn_ms <= as_of_ms] = UNKNOWN
    return labels
