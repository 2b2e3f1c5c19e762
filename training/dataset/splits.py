"""Choices by hash: the same for the same user, whatever else is in the log and in whatever order it is read.

So users are split into those a model learns from, those its thresholds are chosen on and those it is judged by.
"""

import hashlib
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers

_TRAIN_SHARE = 0.5
_VALIDATION_SHARE = 0.25


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
