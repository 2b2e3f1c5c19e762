"""What is said of the foil's losses, on logs made by hand; which faults a seed brings."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.foil.faults import FAULTS, schedule
from benchmarks.foil.losses import Losses, losses
from benchmarks.foil.reading import user_of

EVERY = 10
USERS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50), min_size=1)


def due(events: dict[str, int]) -> list[tuple[str, int]]:
    return [(user, number) for user, count in events.items() for number in range(EVERY, count + 1, EVERY)]


@given(USERS)
def test_a_log_that_was_counted_as_it_is_lost_and_doubled_nothing(events: dict[str, int]) -> None:
    found = losses(events, events, due(events), EVERY)
    assert found == Losses(sum(events.values()), len(events), 0, 0, 0, len(due(events)), 0, 0, 0)


def test_losses_and_doubles_are_summed_over_the_users_they_befell() -> None:
    found = losses({"a": 10, "b": 20, "c": 5, "d": 1}, {"a": 7, "b": 24, "c": 5}, [], EVERY)
    assert (found.events_lost, found.events_doubled, found.users_wrong) == (3 + 1, 4, 3)


def test_a_user_who_was_counted_but_never_sent_anything_is_doubled() -> None:
    found = losses({"a": 1}, {"a": 1, "b": 2}, [], EVERY)
    assert (found.events_lost, found.events_doubled, found.users_wrong) == (0, 2, 1)


def test_alerts_are_missing_duplicate_or_of_a_number_that_was_never_reached() -> None:
    sent = [("a", 10), ("a", 10), ("a", 10), ("b", 20), ("b", 30)]
    found = losses({"a": 20, "b": 20}, {"a": 20, "b": 20}, sent, EVERY)
    assert found.alerts == 4
    assert (found.alerts_missing, found.alerts_duplicate, found.alerts_phantom) == (2, 2, 1)


def test_only_events_of_users_are_counted() -> None:
    assert user_of(b'{"type":"churn.activity.v1","subject":"u1"}') == "u1"
    others = [None, b"", b"{", b"\xff", b"[1]", b'{"type":"churn.control.v1"}', b'{"subject":""}', b'{"subject":7}']
    assert [user_of(value) for value in others] == [None] * len(others)


@given(st.integers(), st.floats(24.0, 600.0))
def test_every_kind_of_fault_happens_about_as_often_as_every_other_in_order_of_time(seed: int, seconds: float) -> None:
    planned = schedule(list(FAULTS), seconds, 6.0, random.Random(seed))
    assert planned == schedule(list(FAULTS), seconds, 6.0, random.Random(seed))
    times_s = [at_s for at_s, _ in planned]
    assert times_s == sorted(times_s)
    assert all(0 <= at_s <= seconds for at_s in times_s)
    often = Counter(kind for _, kind in planned)
    assert set(often) == set(FAULTS)
    assert max(often.values()) - min(often.values()) <= 1


def test_without_kinds_nothing_happens() -> None:
    assert schedule([], 60.0, 6.0, random.Random(1)) == []
