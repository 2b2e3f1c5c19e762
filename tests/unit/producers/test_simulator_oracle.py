"""The ceiling by roll-outs: right on average, better than chance, and harmless to the user it looks at."""

from random import Random

import pytest

from producers.simulator.customer import Customer, Diary
from producers.simulator.oracle import RolloutStart, World, churn_chances
from producers.simulator.population import live_together, society_of
from schemas.errors import ContractViolation
from schemas.instants import parse_instant

START_MS = parse_instant("2024-01-01T00:00:00Z")
DAY_MS = 86_400_000
HORIZON_MS = 14 * DAY_MS
WORLD = World(users=400, days=30, seed=31, start_ms=START_MS)
AS_OF_MS = START_MS + 15 * DAY_MS

Lives = dict[str, list[tuple[int, str]]]


@pytest.fixture(scope="module")
def lives() -> Lives:
    told: Lives = {}
    for stretch in live_together(society_of(WORLD.seed), range(WORLD.users), START_MS, WORLD.days):
        for time_ms, _, _, _, name, data in stretch:
            told.setdefault(name, []).append((time_ms, data))
    return told


@pytest.fixture(scope="module")
def moments(lives: Lives) -> list[RolloutStart]:
    """Everybody who is still there in the middle of the period."""
    known = []
    for user, told in sorted(lives.items()):
        before = [data for time_ms, data in told if time_ms <= AS_OF_MS]
        if before and "cancellation_confirmation" not in before[-1]:
            known.append(RolloutStart(user, len(before), AS_OF_MS))
    return known


@pytest.fixture(scope="module")
def left(lives: Lives, moments: list[RolloutStart]) -> list[bool]:
    return [
        any("cancellation_confirmation" in data and time_ms <= AS_OF_MS + HORIZON_MS for time_ms, data in lives[user])
        for user, _, _ in moments
    ]


def chances_of(moments: list[RolloutStart], rollouts: int = 20, seed: int = 1) -> list[float]:
    return churn_chances(moments, WORLD, HORIZON_MS, rollouts, seed, lambda _done: None)


def pairs_in_order(chances: list[float], left: list[bool]) -> float:
    """Of all pairs of a leaver and a stayer, the share with the higher chance at the leaver; ties count half."""
    gone = [chance for chance, true in zip(chances, left, strict=True) if true]
    here = [chance for chance, true in zip(chances, left, strict=True) if not true]
    return sum((a > b) + 0.5 * (a == b) for a in gone for b in here) / (len(gone) * len(here))


def test_chances_match_what_happens_and_tell_leavers_from_stayers(
    moments: list[RolloutStart], left: list[bool]
) -> None:
    chances = chances_of(moments)
    base = sum(left) / len(left)
    error = (base * (1.0 - base) / len(left)) ** 0.5
    assert abs(sum(chances) / len(chances) - base) < 3.0 * error
    shuffled = chances.copy()
    Random(1).shuffle(shuffled)
    assert pairs_in_order(chances, left) > max(0.62, pairs_in_order(shuffled, left) + 0.05)


def test_the_same_seed_gives_the_same_chances_whatever_the_order_of_asking(moments: list[RolloutStart]) -> None:
    few = moments[:30]
    assert chances_of(few, 5) == chances_of(few[::-1], 5)[::-1]
    assert chances_of(few, 5) != chances_of(few, 5, seed=2)


def test_a_roll_out_leaves_the_customer_untouched() -> None:
    customer = Customer(3, society_of(WORLD.seed), START_MS, START_MS + 30 * DAY_MS)
    customer.live(START_MS + 10 * DAY_MS)
    before = {name: getattr(customer, name) for name in Customer.__slots__}
    twin = customer.twin(Random(5).random)
    twin.live(START_MS + 30 * DAY_MS)
    assert twin.happenings > customer.happenings
    assert {name: getattr(customer, name) for name in Customer.__slots__} == before


def test_a_life_is_the_same_whether_lived_at_once_or_event_by_event(lives: Lives) -> None:
    for number in (0, 1, 2, 5):
        customer = Customer(number, society_of(WORLD.seed), START_MS, START_MS + WORLD.days * DAY_MS)
        diary: Diary = []
        customer.diary = diary
        told = lives[customer.name]
        for count in range(1, len(told) + 1):
            customer.live(START_MS + WORLD.days * DAY_MS, count)
        assert [(time_ms, data) for time_ms, _, _, _, _, data in diary] == told


def test_between_cancelling_and_its_confirmation_leaving_is_certain(lives: Lives) -> None:
    for user, told in lives.items():
        places = [place for place, (_, data) in enumerate(told) if '"cancel"' in data]
        if places:
            moment = RolloutStart(user, places[0] + 1, told[places[0]][0])
            assert chances_of([moment], 5) == [1.0]
            return
    pytest.fail("nobody cancels")


def test_after_the_confirmation_there_is_no_chance_left(lives: Lives) -> None:
    user, told = next((user, told) for user, told in lives.items() if "cancellation_confirmation" in told[-1][1])
    assert chances_of([RolloutStart(user, len(told), told[-1][0])], 3) == [0.0]


def test_nothing_happens_to_a_silent_user_before_the_moment() -> None:
    customer = Customer(3, society_of(WORLD.seed), START_MS, START_MS + 30 * DAY_MS)
    customer.live(START_MS + 10 * DAY_MS)
    later_ms = customer.now_ms + 5 * DAY_MS
    for seed in range(20):
        twin = customer.twin(Random(seed).random)
        twin.stay_away_until(later_ms)
        diary: Diary = []
        twin.diary = diary
        twin.live(later_ms + 30 * DAY_MS)
        assert all(happening[0] >= later_ms for happening in diary)


@pytest.mark.parametrize("user", ["u000400", "x000001", "u"])
def test_a_user_from_elsewhere_is_refused(user: str) -> None:
    with pytest.raises(ContractViolation, match="no user of a world of 400"):
        chances_of([RolloutStart(user, 1, AS_OF_MS)])


def test_more_events_than_there_were_are_refused(moments: list[RolloutStart]) -> None:
    with pytest.raises(ContractViolation, match=r"has had \d+ events by then"):
        chances_of([moments[0]._replace(events=moments[0].events + 100)])
