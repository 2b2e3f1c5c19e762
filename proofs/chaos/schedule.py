"""Which faults happen when, drawn from a seed: spread over a run, each kind in its share, or each kind in its turn."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from proofs.chaos.faults.fault import Fault, Harmed


@dataclass(frozen=True)
class PlannedFault(Generic[Harmed]):
    """One fault to come, `at_s` after the start. `seed` decides all that is left to chance in it."""

    at_s: float
    fault: Fault[Harmed]
    seed: int


def drawn(kinds: Sequence[Fault[Harmed]], seconds: float, seed: int) -> list[PlannedFault[Harmed]]:
    """The faults of a run, in order of time; the same arguments give the same schedule."""
    draw = random.Random(seed)
    planned: list[PlannedFault[Harmed]] = []
    for fault in kinds:
        often = max(1, round(fault.per_minute * seconds / 60))
        for number in range(often):
            at_s = seconds * (number + draw.random()) / often
            planned.append(PlannedFault(at_s, fault, draw.getrandbits(64)))
    return sorted(planned, key=lambda one: one.at_s)


def in_turn(kinds: Sequence[Fault[Harmed]], rounds: int, seed: int) -> list[PlannedFault[Harmed]]:
    """Every kind once in a round, in an order that the seed decides, each due as soon as there is room for it."""
    draw = random.Random(seed)
    orders = [draw.sample(kinds, len(kinds)) for _ in range(rounds)]
    return [PlannedFault(0.0, fault, draw.getrandbits(64)) for order in orders for fault in order]
