"""What is said of the foil's losses, on logs made by hand."""

from hypothesis import given
from hypothesis import strategies as st

from proofs.foil.losses import Losses, losses
from proofs.foil.reading import user_of

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
