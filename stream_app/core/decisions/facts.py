"""What a policy may see of a customer: all that decides stands here, and what is not here decides nothing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_app.core.scoring import Scores


class Facts(NamedTuple):
    """The facts about scored events: one entry each, in log order.

    as_of_ms  int64    the user's clock
    first_ms  int64    the user's earliest event time so far
    events    uint32   how many of the user's events have been applied, this one included
    churned   uint8    1 where the user has churned, by this event or before
    score     float32  the model's answer
    """

    as_of_ms: NDArray[np.int64]
    first_ms: NDArray[np.int64]
    events: NDArray[np.uint32]
    churned: NDArray[np.uint8]
    score: Scores
