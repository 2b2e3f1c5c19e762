"""A partition that has something to apply and applies nothing for a minute stands still."""

from dataclasses import dataclass

import pytest

from stream_app.worker.movement import STANDS_STILL_AFTER_S, Movement


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def looked(clock: Clock, *looks: tuple[int | None, int | None], every_s: float = 2.0) -> Movement:
    movement = Movement(clock)
    for position, end in looks:
        movement.look(position, end)
        clock.now_s += every_s
    return movement


def test_one_that_is_behind_at_the_same_position_for_a_minute_stands_still(clock: Clock) -> None:
    assert not looked(clock, *[(5, 9)] * 29).stands_still
    assert looked(clock, *[(5, 9)] * 30).stands_still


def test_one_that_comes_on_does_not_however_far_it_is_behind(clock: Clock) -> None:
    assert not looked(clock, *[(number, 10**9) for number in range(100)]).stands_still


@pytest.mark.parametrize("idle", [(9, 9), (9, None), (None, 9)])
def test_one_with_nothing_to_apply_does_not(clock: Clock, idle: tuple[int | None, int | None]) -> None:
    assert not looked(clock, *[idle] * 100).stands_still


def test_events_that_come_after_an_hour_of_silence_have_their_minute(clock: Clock) -> None:
    assert not looked(clock, *[(9, 9)] * 1800, (9, 12)).stands_still
    assert STANDS_STILL_AFTER_S == 60.0
