"""Which partition a key has, for tests that write to topics."""

from collections.abc import Sequence

import numpy as np

from stream_app.core.hashing import murmur2_at
from stream_app.core.tables import Integers


def partitions_of(keys: Sequence[bytes], partitions: int) -> Integers:
    """The partition of each key."""
    sizes = np.array([len(key) for key in keys], np.int64)
    return murmur2_at(np.frombuffer(b"".join(keys), np.uint8), np.cumsum(sizes) - sizes, sizes) % partitions
