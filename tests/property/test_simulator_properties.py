"""What holds for a simulated log of any size and seed."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.simulator import simulate
from schemas.events import USER_EVENTS, Activity, Record
from schemas.instants import parse_instant

START_MS = parse_instant("2024-01-01T00:00:00Z")
DAY_MS = 86_400_000
DECODER = msgspec.json.Decoder(Record)

few_users = st.integers(1, 8)
few_days = st.integers(1, 10)
seeds = st.integers(0, 2**40)
starts = st.integers(0, START_MS)


@settings(max_examples=40, deadline=None)
@given(few_users, few_days, seeds, starts)
def test_the_same_arguments_give_the_same_bytes(users: int, days: int, seed: int, start_ms: int) -> None:
    assert list(simulate(users, days, seed, start_ms)) == list(simulate(users, days, seed, start_ms))


@settings(max_examples=40, deadline=None)
@given(few_users, few_days, seeds, starts)
def test_a_log_is_valid_in_order_within_its_period_and_without_repeated_ids(
    users: int, days: int, seed: int, start_ms: int
) -> None:
    events = [DECODER.decode(line) for line in simulate(users, days, seed, start_ms)]
    times = [parse_instant(event.time) for event in events]
    assert all(isinstance(event, USER_EVENTS) for event in events)
    assert times == sorted(times)
    assert all(start_ms <= time_ms < start_ms + days * DAY_MS for time_ms in times)
    assert len({event.id for event in events}) == len(events)


@settings(max_examples=25, deadline=None)
@given(few_users, few_days, seeds)
def test_more_users_change_nothing_about_those_who_are_there(users: int, days: int, seed: int) -> None:
    few = list(simulate(users, days, seed, START_MS))
    newcomers = tuple(f'"subject":"u{number:06d}"'.encode() for number in range(users, users + 3))
    many = simulate(users + 3, days, seed, START_MS)
    assert few == [line for line in many if not any(newcomer in line for newcomer in newcomers)]


@settings(max_examples=25, deadline=None)
@given(few_users, st.integers(20, 60), seeds)
def test_nothing_follows_a_confirmed_cancellation(users: int, days: int, seed: int) -> None:
    gone: set[str | None] = set()
    for line in simulate(users, days, seed, START_MS):
        event = DECODER.decode(line)
        assert event.subject not in gone
        if isinstance(event, Activity) and event.data.action == "cancellation_confirmation":
            gone.add(event.subject)
