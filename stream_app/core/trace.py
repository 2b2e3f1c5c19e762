"""What is noted of every vector that was scored live, so that a replay can show that it computes the same bits."""

import numpy as np
from numpy.typing import NDArray

from stream_app.core.engine import Advance
from stream_app.core.hashing import fingerprints

TRACE = np.dtype([("partition", "<i4"), ("offset", "<i8"), ("fingerprint", "<u8")])
"""One scored record: its position in the log, and the fingerprint of its vector and score. 20 bytes."""


def traced(partition: int, advance: Advance) -> NDArray[np.void]:
    """The trace of a run of events of one partition, in log order."""
    trace = np.zeros(len(advance.offsets), TRACE)
    trace["partition"] = partition
    trace["offset"] = advance.offsets
    trace["fingerprint"] = fingerprints(advance.vectors, advance.scores)
    return trace
