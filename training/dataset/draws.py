"""Choices by hash: the same for the same user, whatever else is in the log and in whatever order it is read."""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers


@lru_cache(maxsize=1 << 17)
def number(seed: int, purpose: str, user: str) -> int:
    """A 64-bit number that belongs to a user, for one purpose."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{purpose}/{user}".encode(), digest_size=8).digest(), "big")


def share(seed: int, purpose: str, user: str) -> float:
    """A number in [0, 1) that belongs to a user, for one purpose."""
    return (number(seed, purpose, user) >> 11) / (1 << 53)


def shares(numbers: NDArray[np.uint64], offsets: Integers) -> NDArray[np.float64]:
    """A number in [0, 1) for each pair of a user's number and an offset, mixed as SplitMix64 does."""
    mixed = numbers + offsets.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed >> np.uint64(11), np.float64) / (1 << 53)
