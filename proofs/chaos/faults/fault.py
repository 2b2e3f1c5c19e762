"""What a fault is: something that is done to a ground, and the moment from which everybody has what he needs again."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from proofs.chaos.ground import Ground

Harmed = TypeVar("Harmed", bound=Ground, contravariant=True)
"""What it takes to carry a fault out: whoever does it to any ground does it to a stand as well."""

REDIS, BROKER, ZOMBIE = "redis", "broker", "zombie"
"""What a fault must have to itself: zombies are few, lest nobody is left to take over from them."""


@dataclass(frozen=True)
class Fault(Generic[Harmed]):
    """A kind of fault and how often a minute it happens in a long run.

    `act` does it, and says at which `time.monotonic` second the faulty party was back; None: there was no occasion.
    """

    kind: str
    per_minute: float
    act: Callable[[Harmed, random.Random], float | None]
    alone_with: frozenset[str] = frozenset()
