"""A mistake planted in the kernel is seen: the comparison with the oracle is able to fail."""

import pytest

from stream_app.core.features.plan import compile_workload
from tests.support import every_kind
from tests.support.fold_comparison import disagreements
from tests.support.full_tiles import full_tile_disagreements
from tests.support.mutants import MUTANTS, Mutant, plain
from tests.support.scenarios import SCENARIOS, Scenario

COMPILED = compile_workload(every_kind.WORKLOAD)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_kernel_and_its_plain_copy_agree_with_the_oracle(scenario: Scenario) -> None:
    log = scenario()
    assert disagreements(COMPILED, log) == []
    assert disagreements(COMPILED, log, plain()) == []


def test_the_kernel_and_its_plain_copy_agree_with_the_oracle_when_tiles_are_full() -> None:
    assert full_tile_disagreements(COMPILED) == []
    assert full_tile_disagreements(COMPILED, plain()) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_mistake_is_seen(mutant: Mutant) -> None:
    mistaken = plain(mutant)
    seen = (disagreements(COMPILED, scenario(), mistaken) for scenario in SCENARIOS)
    assert any(seen) or full_tile_disagreements(COMPILED, mistaken)
