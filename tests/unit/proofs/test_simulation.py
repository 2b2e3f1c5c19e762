"""The shipped session survives every simulated schedule; without any one of its safety mechanisms it does not."""

import json
import secrets
from pathlib import Path

import pytest

from proofs.simulation.mutants import MUTANTS
from proofs.simulation.runs import run_many, run_seeds, variant_named
from proofs.simulation.schedules import Schedule
from schemas.errors import ContractViolation

KILLING_SEEDS: dict[str, list[int]] = json.loads((Path(__file__).parent / "killing_seeds.json").read_text())
FRESH = 2_000
FAULTS = {
    "held_commit",
    "kill",
    "late_end",
    "pause",
    "rebalance",
    "redis_loss",
    "redis_wipe",
    "stale_view",
    "transaction_end",
    "upgrade",
}


def test_fresh_schedules_lose_double_and_invent_nothing() -> None:
    first = secrets.randbelow(1 << 31)
    found = run_many(first, FRESH, None, None, lambda _: None)
    assert found.failures == {}, f"repeat with: churn sim --first {first} --seeds {FRESH}"
    assert found.schedules == FRESH
    assert found.faults.keys() == FAULTS
    assert found.commits_refused > 0
    assert found.publishers_fenced > 0


def test_every_mutant_has_seeds_that_kill_it() -> None:
    assert KILLING_SEEDS.keys() == MUTANTS.keys()
    assert all(seeds for seeds in KILLING_SEEDS.values())


@pytest.mark.parametrize("mutant", MUTANTS)
def test_without_one_safety_mechanism_stored_schedules_end_wrong_which_end_well_with_it(mutant: str) -> None:
    seeds = KILLING_SEEDS[mutant]
    assert run_seeds(seeds, mutant).failures.keys() == set(seeds)
    assert run_seeds(seeds).failures == {}


def test_a_schedule_is_a_function_of_its_seed() -> None:
    first, again, other = Schedule(5), Schedule(5), Schedule(6)
    for schedule in (first, again, other):
        assert schedule.run() is None
    assert first.around.log.records() == again.around.log.records() != other.around.log.records()
    assert first.around.redis.kept.states == again.around.redis.kept.states
    assert first.faults == again.faults


def test_a_mutant_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ContractViolation, match="no-idle-check"):
        variant_named("no-brakes")
