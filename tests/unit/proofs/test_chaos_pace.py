"""Side by side, faults wait for progress; apart, they wait until nothing is behind."""

import time

import pytest

from proofs.chaos.pace import Apart, SideBySide


class Clock:
    now = 100.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


def test_side_by_side_the_next_fault_waits_for_progress_but_not_for_ever(clock: Clock) -> None:
    committed = [5]
    pace = SideBySide(lambda: committed[0])
    assert pace.has_room(7)
    assert not pace.has_room(8)
    pace.ended(clock.now)
    assert not pace.has_room(0)
    committed[0] = 6
    assert pace.has_room(0)
    committed[0] = 5
    clock.now += 8.0
    assert pace.has_room(0)


def test_apart_the_next_fault_waits_until_all_has_been_level_for_a_while(clock: Clock) -> None:
    level = [True]
    pace = Apart(lambda: level[0])
    assert not pace.has_room(0)
    clock.now += 2.0
    assert pace.has_room(0)
    assert not pace.has_room(1)
    clock.now += 1.9
    level[0] = False
    assert not pace.has_room(0)
    level[0] = True
    clock.now += 1.9
    assert not pace.has_room(0)
    clock.now += 0.1
    assert pace.has_room(0)
    pace.ended(clock.now)
    assert not pace.has_room(0)
