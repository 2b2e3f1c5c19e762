"""Alarms ask for what workers expose, fire in the cases that they are for and in no other, and have their section."""

import re
from collections.abc import Iterator
from itertools import chain, cycle, islice, repeat
from typing import Any, get_args

import pytest
import yaml

from schemas.errors import Stop
from stream_app.metrics.catalogue import (
    DEAD_LETTER_RECORDS,
    HELD_BACK,
    PARTITION_LAG,
    PARTITION_POSITION,
    PARTITION_STATE,
    REDIS_MEMORY,
    UNACCOUNTED_OFFSETS,
)
from stream_app.metrics.page import MetricsPage
from stream_app.metrics.redis_watch import ALARM_AT
from stream_app.metrics.worker_metrics import GaugeReading, WorkerMetrics
from tests.support.alarm_rules import PROMETHEUS, Scrape, first_fired_s, rule_named, rules, seconds, series
from tests.support.dashboards import REPOSITORY
from tests.support.promql import Page, parse

READINGS = (
    GaugeReading(PARTITION_STATE, ("0", "running"), 1),
    GaugeReading(PARTITION_STATE, ("1", "backing_off"), 1),
    GaugeReading(PARTITION_POSITION, ("0",), 7),
    GaugeReading(PARTITION_LAG, ("0",), 0),
    GaugeReading(HELD_BACK, ("0",), 0),
    GaugeReading(REDIS_MEMORY, (), 0.5),
)
PAGE = Page(MetricsPage(WorkerMetrics(), lambda: READINGS).text().decode())
SETTINGS = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
EVERY_S = seconds(SETTINGS["global"]["evaluation_interval"])
RUNBOOK = (REPOSITORY / "docs" / "runbook" / "alarms.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n((?:(?!## ).*\n?)*)", RUNBOOK, re.MULTILINE))
NAMES = [rule["alert"] for rule in rules()]

OPENING_S, BACKING_OFF_S = 10, 2
"""What Redis that hangs makes of a partition: its time-out, then the longest back-off."""


def after(rule: dict[str, Any], course: Iterator[Scrape], during_s: float) -> float | None:
    """After how many seconds the alarm fires in a course of scrapes, None if it does not."""
    return first_fired_s(rule, list(islice(course, int(during_s / EVERY_S) + 1)), EVERY_S)


def state(name: str) -> Scrape:
    return dict([series(PARTITION_STATE.name, 1, instance="a", partition="0", state=name)])


def states_by_the_second(*spans: tuple[str, int]) -> Iterator[Scrape]:
    """What scrapes see of spans of states that come again and again."""
    names = cycle(list(chain.from_iterable(repeat(name, span_s) for name, span_s in spans)))
    return (state(name) for name in islice(names, 0, None, int(EVERY_S)))


def place(position: int, lag: int) -> Scrape:
    labels = {"instance": "a", "partition": "0"}
    return dict([series(PARTITION_POSITION.name, position, **labels), series(PARTITION_LAG.name, lag, **labels)])


def up(*values: int) -> Scrape:
    """One worker for each value."""
    return dict(series("up", value, job="worker", instance=str(number)) for number, value in enumerate(values))


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_every_alarm_asks_for_series_that_exist(rule: dict[str, Any]) -> None:
    asked = [name for name, _ in parse(rule["expr"]).selectors]
    assert PAGE.complaints(rule["expr"]) == [] or set(asked) == {"up"}


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_every_alarm_names_its_own_section_which_says_what_it_means_where_to_look_and_what_to_do(
    rule: dict[str, Any],
) -> None:
    page, _, section = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/runbook/alarms.md"
    assert section == rule["alert"].lower()
    for told in ("**Means**", "**See**", "**Do**"):
        assert told in SECTIONS[rule["alert"]]


def test_no_section_is_about_an_alarm_that_there_is_not() -> None:
    assert list(SECTIONS) == NAMES


def test_rules_are_evaluated_as_often_as_workers_are_read() -> None:
    assert EVERY_S <= seconds(SETTINGS["global"]["scrape_interval"]) == 5
    assert all("interval" not in group for group in yaml.safe_load((PROMETHEUS / "alarms.yml").read_text())["groups"])


def test_prometheus_loads_the_alarms_that_compose_mounts() -> None:
    mounts = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]["prometheus"]["volumes"]
    assert [f"./stack/prometheus/alarms.yml:{path}:ro" for path in SETTINGS["rule_files"]] == [
        mount for mount in mounts if "alarms" in mount
    ]


@pytest.mark.parametrize("stop", get_args(Stop))
def test_a_stopped_partition_is_alarmed_at_once(stop: str) -> None:
    assert after(rule_named("ChurnPartitionStopped"), states_by_the_second((stop, 60)), 0) == 0


def test_a_partition_that_opens_runs_and_backs_off_is_not_stopped() -> None:
    course = states_by_the_second(("opening", 10), ("running", 60), ("backing_off", 2))
    assert after(rule_named("ChurnPartitionStopped"), course, 600) is None


@pytest.mark.parametrize("opening_s", [OPENING_S, 15, 1])
def test_a_partition_that_cannot_reach_a_service_is_alarmed_after_a_minute(opening_s: int) -> None:
    course = states_by_the_second(("opening", opening_s), ("backing_off", BACKING_OFF_S))
    assert after(rule_named("ChurnPartitionBacksOff"), course, 600) == 60


def test_a_back_off_alarm_on_a_series_that_vanishes_while_the_partition_opens_would_never_fire() -> None:
    course = states_by_the_second(("opening", OPENING_S), ("backing_off", BACKING_OFF_S))
    planted = {"expr": 'churn_partition_state{state="backing_off"} == 1', "for": "1m"}
    assert after(planted, course, 600) is None


def test_a_partition_that_runs_again_within_a_minute_is_not_alarmed() -> None:
    course = states_by_the_second(("opening", 10), ("backing_off", 2), ("opening", 10), ("running", 60))
    assert after(rule_named("ChurnPartitionBacksOff"), course, 600) is None


def test_a_partition_that_has_records_to_apply_and_applies_none_is_alarmed_after_some_minutes() -> None:
    rule = rule_named("ChurnPartitionStandsStill")
    assert after(rule, repeat(place(7, 80)), 600) == 300
    moved_at_last = chain(repeat(place(6, 81), 20), repeat(place(7, 80)))
    assert after(rule, moved_at_last, 600) == 20 * EVERY_S + 60 + 300 - EVERY_S


@pytest.mark.parametrize(
    "course",
    [
        repeat(place(7, 0)),
        (place(position, 5000) for position in range(1000)),
        chain.from_iterable(repeat(place(position, 1), 10) for position in range(100)),
        cycle([place(7, 1), *[place(8, 0)] * 23]),
    ],
    ids=["idle", "behind and busy", "an event every 50 s", "seen just before its commit, now and then"],
)
def test_a_partition_that_applies_what_there_is_does_not_stand_still(course: Iterator[Scrape]) -> None:
    assert after(rule_named("ChurnPartitionStandsStill"), course, 1200) is None


def held_back(position: int, offsets: int) -> Scrape:
    return {**place(position, 0), **dict([series(HELD_BACK.name, offsets, instance="a", partition="0")])}


def test_a_transaction_that_stays_open_is_alarmed_after_a_quarter_of_an_hour() -> None:
    assert after(rule_named("ChurnPartitionHeldBack"), repeat(held_back(7, 80)), 1200) == 900


@pytest.mark.parametrize(
    "course",
    [(held_back(position, 500) for position in range(1000)), cycle([*[held_back(7, 3)] * 60, held_back(7, 0)])],
    ids=["one after the other", "a slow producer, now and then"],
)
def test_transactions_that_end_are_not_alarmed(course: Iterator[Scrape]) -> None:
    assert after(rule_named("ChurnPartitionHeldBack"), course, 1800) is None


@pytest.mark.parametrize(
    "course",
    [repeat({}), repeat(up(0)), cycle([up(0), up(0), {}, {}, {}]), repeat(up(1, 0, 1))],
    ids=["none is there", "it does not answer", "each start fails", "one of three hangs"],
)
def test_a_worker_that_is_not_there_is_alarmed_after_a_minute(course: Iterator[Scrape]) -> None:
    assert after(rule_named("ChurnWorkerDown"), course, 600) == 60


def test_a_worker_that_starts_again_within_half_a_minute_is_not_alarmed() -> None:
    course = cycle([up(0), {}, {}, up(0), up(0), *[up(1)] * 60])
    assert after(rule_named("ChurnWorkerDown"), course, 600) is None


def test_an_alarm_whose_series_changes_with_each_failed_start_would_never_fire() -> None:
    planted = {"expr": 'up{job="worker"} == 0 or absent(up{job="worker"})', "for": "1m"}
    assert after(planted, cycle([up(0), up(0), {}, {}, {}]), 600) is None


def test_redis_is_alarmed_from_where_the_log_says_it_too() -> None:
    rule = rule_named("ChurnRedisMemoryHigh")
    assert after(rule, repeat(dict([series(REDIS_MEMORY.name, ALARM_AT)])), 0) == 0
    assert after(rule, repeat(dict([series(REDIS_MEMORY.name, ALARM_AT - 0.001)])), 600) is None


@pytest.mark.parametrize(
    ("alarm", "counter"),
    [("ChurnOffsetsUnaccounted", UNACCOUNTED_OFFSETS.samples[0]), ("ChurnDeadLetters", DEAD_LETTER_RECORDS.samples[0])],
)
def test_a_counter_that_rises_is_alarmed_at_once_and_one_that_stands_is_not(alarm: str, counter: str) -> None:
    rises = chain([dict([series(counter, 0)])], repeat(dict([series(counter, 1)])))
    assert after(rule_named(alarm), rises, 60) == EVERY_S
    assert after(rule_named(alarm), repeat(dict([series(counter, 3)])), 600) is None
