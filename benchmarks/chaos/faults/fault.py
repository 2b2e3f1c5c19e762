"""What a fault is: something that is done to a stand, and the moment from which everybody has what he needs again."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.chaos.stand import Stand

Act = Callable[[Stand, random.Random], float | None]
"""Does it. The `time.monotonic` second at which the faulty party was back, None when there was no occasion for it."""

REDIS, BROKER, ZOMBIE = "redis", "broker", "zombie"
"""What a fault must have to itself: zombies are few, lest nobody is left to take over from them."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault and how often a minute it happens in a long run."""

    kind: str
    per_minute: float
    act: Act
    alone_with: frozenset[str] = frozenset()
