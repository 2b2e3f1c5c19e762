"""What is concluded from rounds of two checkouts: the median of the ratios, new over old, of runs that did the same."""

import dataclasses

import pytest

from benchmarks.speed.against import Round, Run, compared
from schemas.errors import ContractViolation


def a_run(events_per_cpu_second: float, rss_mb: float = 300.0) -> Run:
    return Run(events_per_cpu_second, events_per_batch=3_000, rss_mb=rss_mb, scored=100, alerts=7)


ROUNDS = [
    Round("old", a_run(100_000), a_run(90_000)),
    Round("new", a_run(200_000, rss_mb=450), a_run(220_000)),
    Round("old", a_run(150_000), a_run(150_000, rss_mb=410)),
]


def test_the_ratio_is_the_median_of_the_rounds_and_its_range_stands_beside_it() -> None:
    found = compared(ROUNDS)
    assert [one["ratio"] for one in found["rounds"]] == [0.9, 1.1, 1.0]
    assert [one["first"] for one in found["rounds"]] == ["old", "new", "old"]
    assert (found["ratio_least"], found["ratio_median"], found["ratio_most"]) == (0.9, 1.0, 1.1)


def test_of_speed_the_median_is_told_and_of_memory_the_most() -> None:
    found = compared(ROUNDS)
    speeds = [found[side]["scored_events_per_cpu_second"] for side in ("old", "new")]
    assert speeds == [150_000, 150_000]
    assert [found[side]["worker_rss_mb"] for side in ("old", "new")] == [450, 410]


def test_sides_that_scored_different_numbers_of_events_are_not_compared() -> None:
    other = dataclasses.replace(a_run(100_000), scored=99)
    with pytest.raises(ContractViolation, match="99 to 100"):
        compared([*ROUNDS, Round("old", a_run(100_000), other)])
