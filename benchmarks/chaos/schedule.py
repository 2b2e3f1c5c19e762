"""Which faults happen when: drawn from the seed, each kind spread evenly over the run and at least once in it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.chaos.faults.fault import Fault


@dataclass(frozen=True)
class Planned:
    """One fault to come, `at_s` after the start. `seed` decides all that is left to chance in it."""

    at_s: float
    fault: Fault
    seed: int


def drawn(kinds: Sequence[Fault], seconds: float, seed: int) -> list[Planned]:
    """The faults of a run, in order of time; the same arguments give the same schedule."""
    draw = random.Random(seed)
    planned: list[Planned] = []
    for fault in kinds:
        often = max(1, round(fault.per_minute * seconds / 60))
        for number in range(often):
            at_s = seconds * (number + draw.random()) / often
            planned.append(Planned(at_s, fault, draw.getrandbits(64)))
    return sorted(planned, key=lambda one: one.at_s)
