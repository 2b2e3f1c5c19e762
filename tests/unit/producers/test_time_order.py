"""Logs that are not in the order of time are noticed, and sorted without holding them whole."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.time_order import SLACK_MS, Disorder, OrderWatch, in_time_order
from schemas.instants import format_instant

START_MS = 1_704_067_200_000
MINUTE_MS = 60_000


def line(minute: int, number: int = 0, kind: str = "churn.activity.v1", **more: str) -> bytes:
    return json.dumps(
        {"type": kind, "id": number, "time": format_instant(START_MS + minute * MINUTE_MS), **more}
    ).encode()


def watch(lines: Iterable[bytes]) -> OrderWatch:
    watched = OrderWatch()
    for _ in watched.watched(lines):
        pass
    return watched


@given(st.lists(st.integers(0, 500), max_size=60), st.integers(1, 2_000))
def test_lines_come_out_by_time_and_equal_times_as_they_came(minutes: list[int], run_bytes: int) -> None:
    lines = [line(minute, number) for number, minute in enumerate(minutes)]
    by_time = sorted(range(len(lines)), key=lambda place: minutes[place])
    assert list(in_time_order(lines, run_bytes)) == [lines[place] for place in by_time]


def test_more_runs_than_are_merged_at_once_are_merged_in_turns() -> None:
    lines = [line(minute % 7, minute) for minute in range(300)]
    assert list(in_time_order(lines, 1)) == sorted(lines, key=lambda one: json.loads(one)["time"])


def test_a_log_in_order_or_nearly_so_is_left_alone() -> None:
    assert watch(line(minute) for minute in (0, 1, 1, 30, 30 - SLACK_MS // MINUTE_MS, 40)).disorder is None


def test_the_first_event_that_is_too_far_behind_is_told_with_how_far() -> None:
    assert watch(line(minute) for minute in (0, 60, 30, 0)).disorder == Disorder(3, 30 * MINUTE_MS)


def test_what_counts_is_when_an_event_was_taken_down() -> None:
    late = line(0, recordedtime=format_instant(START_MS + 60 * MINUTE_MS))
    assert watch([line(60), late]).disorder is None


@pytest.mark.parametrize("kind", ["churn.control.v1", "churn.clock.v1"])
def test_records_for_a_partition_have_no_time_of_their_own(kind: str) -> None:
    watched = watch([line(1000, kind=kind), line(0), line(1)])
    assert (watched.disorder, watched.holds_partition_records, watched.count) == (None, True, 3)
