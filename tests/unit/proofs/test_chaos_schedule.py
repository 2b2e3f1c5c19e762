"""A schedule is its seed's: every kind comes, in its share, within the time."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from proofs.chaos.faults.kinds import KINDS, PROCESS_KINDS
from proofs.chaos.schedule import drawn, in_turn

SECONDS, SEEDS = st.floats(10.0, 4_000.0), st.integers(0, 1 << 31)


def test_the_kinds_have_names_of_their_own() -> None:
    assert len({fault.kind for fault in KINDS}) == len(KINDS)


@given(SECONDS, SEEDS)
def test_the_same_seed_gives_the_same_schedule(seconds: float, seed: int) -> None:
    assert drawn(KINDS, seconds, seed) == drawn(KINDS, seconds, seed)


@given(SECONDS, SEEDS)
def test_every_kind_comes_at_least_once_and_everything_within_the_time_and_in_its_order(
    seconds: float, seed: int
) -> None:
    schedule = drawn(KINDS, seconds, seed)
    assert {planned.fault.kind for planned in schedule} == {fault.kind for fault in KINDS}
    times_s = [planned.at_s for planned in schedule]
    assert times_s == sorted(times_s)
    assert 0.0 <= times_s[0] <= times_s[-1] <= seconds


def test_a_long_run_has_as_many_faults_a_minute_as_the_kinds_say() -> None:
    counts = Counter(planned.fault.kind for planned in drawn(KINDS, 3_600.0, 1))
    assert counts == {fault.kind: round(60 * fault.per_minute) for fault in KINDS}


def test_another_seed_gives_another_order() -> None:
    orders = {tuple(planned.fault.kind for planned in drawn(KINDS, 90.0, seed)) for seed in range(5)}
    assert len(orders) == 5


@given(SECONDS, SEEDS)
def test_workers_of_another_kind_get_the_same_faults_at_the_same_moments(seconds: float, seed: int) -> None:
    theirs = [(planned.at_s, planned.fault.kind) for planned in drawn(PROCESS_KINDS, seconds, seed)]
    of_processes = {fault.kind for fault in PROCESS_KINDS}
    ours = [(planned.at_s, planned.fault.kind) for planned in drawn(KINDS, seconds, seed)]
    assert theirs == [one for one in ours if one[1] in of_processes]


@given(st.integers(1, 20), SEEDS)
def test_in_turn_every_kind_comes_once_in_a_round(rounds: int, seed: int) -> None:
    planned = [one.fault.kind for one in in_turn(KINDS, rounds, seed)]
    for number in range(rounds):
        of_round = planned[number * len(KINDS) : (number + 1) * len(KINDS)]
        assert sorted(of_round) == sorted(fault.kind for fault in KINDS)
