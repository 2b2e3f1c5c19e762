"""A period is half-open, by the time at which an event was taken down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.period import Period, bound_ms
from schemas.instants import format_instant
from stream_app.core.durations import DAY_MS
from stream_app.core.intake.events import Events
from stream_app.core.intake.sorting import take_in
from tests.support.event_logs import START_MS, LogWriter, at


def events(*recorded_ms: int, sent_ms: int = at(days=9)) -> Events:
    """Events that all happened at the start and were taken down then; 0 leaves that to the time of sending."""
    log = LogWriter()
    for time_ms in recorded_ms:
        log.does("play", at(), recorded_ms=time_ms, sent_ms=sent_ms)
    return take_in(log.records(), 0, 1).events


def test_the_first_instant_belongs_to_a_period_and_the_last_does_not() -> None:
    held = Period(at(hours=1), at(hours=2)).holds(
        events(at(hours=1, ms=-1), at(hours=1), at(hours=2, ms=-1), at(hours=2))
    )
    assert held.tolist() == [False, True, True, False]


def test_where_the_source_does_not_say_when_it_took_an_event_down_the_time_of_sending_counts() -> None:
    mixed = events(0, at(hours=1), sent_ms=at(hours=2))
    assert Period(at(hours=2)).holds(mixed).tolist() == [True, False]
    assert Period(None, at(hours=2)).holds(events(0, 0, sent_ms=at(hours=2))).tolist() == [False, False]


@given(st.lists(st.integers(1, 5 * DAY_MS).map(lambda ms: START_MS + ms), min_size=1), st.integers(0, 5 * DAY_MS))
def test_two_periods_that_meet_share_out_the_events(recorded_ms: list[int], split: int) -> None:
    log = events(*recorded_ms)
    before, after = Period(None, START_MS + split).holds(log), Period(START_MS + split).holds(log)
    assert (before ^ after).all()
    kept = log.where(before)
    assert [*kept.records, *log.where(after).records] == sorted(log.records, key=lambda one: one not in kept.records)
    assert len(kept) == len(kept.users) == len(kept.events) == len(kept.times_ms) == before.sum()


def test_a_period_without_bounds_holds_everything() -> None:
    log = events(at(), at(days=300))
    assert log.where(Period().holds(log)) is log


@given(st.integers(0, 40_000))
def test_a_date_is_its_first_instant_in_utc(day: int) -> None:
    assert bound_ms(format_instant(day * DAY_MS)[:10]) == day * DAY_MS
    assert bound_ms(format_instant(day * DAY_MS + 1)) == day * DAY_MS + 1


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01", "2024-1-1", "2024-01-01T12:00:00", "12"])
def test_anything_else_is_refused_with_an_example_of_what_would_do(text: str) -> None:
    with pytest.raises(ValueError, match="neither a date such as 2024-01-31 nor an RFC 3339 instant"):
        bound_ms(text)


@pytest.mark.parametrize("to_ms", [5, 4])
def test_a_period_that_ends_before_it_begins_is_refused(to_ms: int) -> None:
    with pytest.raises(ValueError, match="is not after"):
        Period(5, to_ms)
