"""Runs many schedules on all cores and adds up what they came to."""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from proofs.simulation.mutants import MUTANTS, SHIPPED, ProtocolVariant
from proofs.simulation.schedules import Schedule
from schemas.errors import ContractViolation

_AT_ONCE = 200


@dataclass
class SimulationSummary:
    """What schedules came to: how often each fault befell them, what the fences stopped, and every seed that failed."""

    schedules: int = 0
    events: int = 0
    sessions: int = 0
    commits_refused: int = 0
    publishers_fenced: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)

    def add(self, other: "SimulationSummary") -> None:
        """Add other schedules."""
        self.schedules += other.schedules
        self.events += other.events
        self.sessions += other.sessions
        self.commits_refused += other.commits_refused
        self.publishers_fenced += other.publishers_fenced
        self.faults.update(other.faults)
        self.failures.update(other.failures)


def variant_named(name: str | None) -> ProtocolVariant:
    """A mutant by name, the shipped protocol for None. Raises ContractViolation when there is none of that name."""
    if name is None:
        return SHIPPED
    if name not in MUTANTS:
        raise ContractViolation(f"there is no mutant {name!r}: choose one of {', '.join(MUTANTS)}")
    return MUTANTS[name]


def run_seeds(seeds: Iterable[int], mutant: str | None = None) -> SimulationSummary:
    """Run these schedules one after the other."""
    total, variant = SimulationSummary(), variant_named(mutant)
    for seed in seeds:
        schedule = Schedule(seed, variant)
        wrong = schedule.run()
        around = schedule.around
        total.schedules += 1
        total.events += around.log.end
        total.sessions += sum(worker.sessions for worker in schedule.workers)
        total.commits_refused += around.refused
        total.publishers_fenced += around.topics.fenced
        total.faults.update(schedule.faults)
        if wrong is not None:
            total.failures[seed] = wrong
    return total


def run_many(
    first: int,
    count: int,
    mutant: str | None,
    processes: int | None,
    advance: Callable[[int], None],
    total: SimulationSummary | None = None,
) -> SimulationSummary:
    """Run the schedules of `count` seeds from `first` on, on so many processes (None: one per core).

    They are added to `total` as they end, for whoever interrupts this.
    """
    variant_named(mutant)
    total = SimulationSummary() if total is None else total
    end = first + count
    pieces = [range(at, min(at + _AT_ONCE, end)) for at in range(first, end, _AT_ONCE)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=context) as pool:
        for piece, one in zip(pieces, pool.map(run_seeds, pieces, [mutant] * len(pieces)), strict=True):
            total.add(one)
            advance(len(piece))
    return total
