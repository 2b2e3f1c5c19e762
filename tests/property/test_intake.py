"""Whatever stands in a log, the intake takes it or says why not, and its batches end where they must."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.errors import Poison
from schemas.instants import format_instant
from schemas.values import decode_record
from stream_app.core.columns import rows_of, to_columns
from stream_app.core.durations import DAY_MS, MINUTE_MS
from stream_app.core.features.plan import compile_workload
from stream_app.core.intake.events import Events
from stream_app.core.intake.facts import facts_of
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.core.tables import Columns
from tests.oracle import happening_of
from tests.support import every_kind
from tests.support.event_logs import START_MS, Event, LogWriter, at, control, records_of
from tests.support.fake_scorers import dial
from tests.support.log_strategies import logs
from tests.support.partitions import partitions_of

COMPILED = compile_workload(every_kind.WORKLOAD)
DIAL = dial(COMPILED)
POLICY = every_kind.WORKLOAD.policy

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


def _activity(user: str = "ana", time_ms: int = START_MS) -> Event:
    return Event("activity", time_ms, {"action": "play"}, user)


def _clock() -> Event:
    return Event("clock", START_MS, {}, None)


def _control() -> Event:
    return control(DIAL.control(POLICY))


def _poison() -> Event:
    return _activity(user="")


def _counted(intake: Intake) -> int:
    return len(intake.events) + len(intake.dead) + intake.controls + intake.clocks


def _runs(log: Sequence[PlainRecord]) -> list[Intake]:
    """A log taken in as a worker does it: each run begins where the last one ended."""
    runs = []
    while log:
        runs.append(take_in(log, 0, 1))
        log = [record for record in log if record.offset >= runs[-1].end_offset]
    return runs


@given(st.binary(max_size=60) | JSON.map(lambda document: json.dumps(document).encode()))
def test_bytes_that_are_no_record_are_dead_lettered_and_never_an_error(value: bytes) -> None:
    intake = take_in([PlainRecord(3, START_MS, None, value)], 0, 1)
    [letter] = intake.dead
    assert letter.reason in ("undecodable", "schema")
    assert letter.message
    assert (list(intake.events), intake.end_offset) == ([], 4)


@given(
    st.sampled_from(["type", "specversion", "id", "source", "time", "subject", "recordedtime", "data"]),
    JSON,
    st.sampled_from([_activity(), _clock(), _control()]),
)
def test_a_record_with_anything_in_an_attributes_place_is_taken_or_dead_lettered(
    attribute: str, value: object, whole: Event
) -> None:
    event = json.loads(whole.record(0).value or b"")
    record = PlainRecord(0, START_MS, None, json.dumps({**event, attribute: value}).encode())
    assert _counted(take_in([record], 0, 1)) == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"", "undecodable"),
        (b'{"type":', "undecodable"),
        (b'{"type":"churn.activity.v1","subject":"\\ud800"}', "undecodable"),
        (b'{"type":"churn.activity.v1","subject":"\xff"}', "undecodable"),
        (b'{"type":"churn.other.v1"}', "schema"),
        (b" " * (256 * 1024 + 1), "too_large"),
    ],
)
def test_a_value_that_is_no_record_is_refused_under_its_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(Poison) as refused:
        decode_record(value)
    assert refused.value.reason == reason


INSTANTS_MS = st.integers(1, 40_000 * DAY_MS)
EDGES_MS = [0, 5 * MINUTE_MS, 5 * MINUTE_MS + 1, DAY_MS, DAY_MS + 1]
CLAIMS_MS = st.sampled_from(EDGES_MS) | st.integers(-2 * DAY_MS, 2 * DAY_MS)


@given(ingest_ms=INSTANTS_MS, ahead_ms=CLAIMS_MS, recorded=st.booleans())
def test_an_event_is_taken_to_be_at_most_five_minutes_ahead_and_refused_beyond_a_day(
    ingest_ms: int, ahead_ms: int, recorded: bool
) -> None:
    claimed_ms = max(1, ingest_ms + ahead_ms)
    sent = Event(
        "activity", claimed_ms, {"action": "play"}, "ana", recorded_ms=ingest_ms if recorded else 0, sent_ms=ingest_ms
    )
    intake = take_in([sent.record(0)], 0, 1)
    if claimed_ms - ingest_ms > DAY_MS:
        assert [letter.reason for letter in intake.dead] == ["future"]
    else:
        [admitted] = intake.events
        assert admitted.time_ms == min(claimed_ms, ingest_ms + 5 * MINUTE_MS)


def test_the_recorded_time_goes_before_the_time_of_sending() -> None:
    event = replace(_activity(time_ms=at(hours=3)), recorded_ms=at(), sent_ms=at(hours=3))
    [admitted] = take_in([event.record(0)], 0, 1).events
    assert admitted.time_ms == at(minutes=5)


MOMENTS = st.datetimes(timezones=st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-23, 0, 14)]))


@given(moment=MOMENTS)
@example(moment=datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))))
def test_an_admitted_time_can_be_written_down_again(moment: datetime) -> None:
    time = moment.isoformat()
    event = json.loads(_activity().record(0).value or b"") | {"time": time, "recordedtime": time}
    for admitted in take_in([PlainRecord(0, START_MS, None, json.dumps(event).encode())], 0, 1).events:
        written = datetime.fromisoformat(format_instant(admitted.time_ms))
        assert timedelta(0) <= moment - written < timedelta(milliseconds=1)


def test_a_time_before_1970_is_refused_and_a_broken_one_too() -> None:
    for time in ["1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2024-02-30T00:00:00Z", "2024-01-01T00:00:00", "now"]:
        event = json.loads(_activity().record(0).value or b"") | {"time": time}
        [letter] = take_in([PlainRecord(0, START_MS, None, json.dumps(event).encode())], 0, 1).dead
        assert letter.reason == "schema"


KINDS = st.lists(st.sampled_from([_activity, _clock, _control, _poison]), min_size=1, max_size=20)


@given(KINDS.map(lambda kinds: records_of([kind() for kind in kinds], first_offset=5)))
def test_a_run_ends_before_the_first_control_record_that_follows_an_event(log: list[PlainRecord]) -> None:
    kinds = [json.loads(record.value or b"")["type"] for record in log]
    runs = _runs(log)
    assert sum(_counted(run) for run in runs) == len(log)
    ends = [run.end_offset - 5 for run in runs]
    assert ends[-1] == len(log)
    for start, end in pairwise([0, *ends]):
        admitted = [
            o for o in range(start, end) if kinds[o] == "churn.activity.v1" and b'""' not in (log[o].value or b"")
        ]
        controls = [o for o in range(start, end) if kinds[o] == "churn.control.v1"]
        assert all(o < first for o in controls for first in admitted[:1])
    for end in ends[:-1]:
        assert kinds[end] == "churn.control.v1"


def test_of_two_control_records_in_a_row_the_second_is_in_force() -> None:
    other = control(DIAL.control(msgspec.structs.replace(POLICY, name="other")))
    intake = take_in(records_of([_control(), other, _activity()]), 0, 1)
    assert intake.control is not None
    assert (intake.control.policy.name, intake.controls, len(intake.events)) == ("other", 2, 1)


@given(users=st.lists(st.sampled_from(["ana", "ben", "eva", "zoë"]), min_size=1), partition=st.integers(0, 3))
def test_an_event_that_stands_in_another_partition_than_its_users_is_dead_lettered(
    users: list[str], partition: int
) -> None:
    log = records_of([_poison(), *[_activity(user) for user in users], _poison()])
    home = partitions_of([user.encode() for user in users], 4).tolist()
    intake = take_in(log, partition, 4)
    strangers = [offset for offset, at_home in enumerate(home, start=1) if at_home != partition]
    assert [a.record.offset for a in intake.events] == [o for o in range(1, len(users) + 1) if o not in strangers]
    assert [letter.record.offset for letter in intake.dead] == [0, *strangers, len(log) - 1]
    assert {letter.reason for letter in intake.dead[1:-1]} <= {"mispartitioned"}


@settings(max_examples=30)
@given(logs())
def test_the_columns_say_of_each_event_whose_it_is_when_it_was_and_which_it_is(log: list[PlainRecord]) -> None:
    events = take_in(log, 0, 1).events
    columns = to_columns(events, COMPILED.patterns)
    happenings = [h for record in log if (h := happening_of(record.value or b"", record.timestamp)) is not None]
    assert [events.names[slot] for slot in columns.slot.tolist()] == [happening.user for happening in happenings]
    assert columns.time.tolist() == [happening.time_ms for happening in happenings]
    assert columns.id_hash.tolist() == [happening.identity for happening in happenings]
    assert list(events.names) == list(dict.fromkeys(happening.user for happening in happenings))
    assert (np.diff(columns.row_from) > 0).all()


def test_columns_of_no_events_are_empty() -> None:
    columns: Columns = to_columns(Events(), COMPILED.patterns)
    assert [len(column) for column in columns] == [0, 0, 0, 0, 1, 0, 0]


def test_what_the_workload_does_not_know_raises_nothing_but_is_an_event() -> None:
    log = LogWriter()
    log.does("elsewhere", at())
    log.becomes(at(), {"country": "SE", "seats": 3})
    events = take_in(log.records(), 0, 1).events
    facts = [facts_of(admitted.event, COMPILED.declared) for admitted in events]
    assert [rows_of(said, COMPILED.patterns) for said in facts] == [[(0, 0)], [(0, 0)]]


def test_a_sentiment_becomes_thousandths() -> None:
    log = LogWriter()
    log.says(at(), -0.12345)
    [admitted] = take_in(log.records(), 0, 1).events
    rows = rows_of(facts_of(admitted.event, COMPILED.declared), COMPILED.patterns)
    assert rows == [(COMPILED.patterns["message", "inbound"], 0), (COMPILED.patterns["sentiment", "inbound"], -123)]


def test_an_event_that_was_sent_at_no_known_time_is_dead_lettered() -> None:
    [letter] = take_in([replace(_activity(), recorded_ms=0, sent_ms=-1).record(0)], 0, 1).dead
    assert letter.reason == "future"


GOOD = records_of([_activity()])[0].value or b""
HALVES = [b'{"a":[{}', b"{}]}", b'{"a":"}', b'{"}', b"{},{}", b"", b"[", b"]", b'"', b"\\", b'{"a":"\\"}']


@given(parts=st.lists(st.sampled_from([*HALVES, GOOD, b" " + GOOD]), min_size=1, max_size=8))
def test_values_that_only_make_sense_together_are_told_apart_all_the_same(parts: list[bytes]) -> None:
    records = [PlainRecord(offset, START_MS, None, value) for offset, value in enumerate(parts)]
    together = take_in(records, 0, 1)
    alone = [take_in([record], 0, 1) for record in records]
    assert list(together.events) == [admitted for intake in alone for admitted in intake.events]
    assert together.dead == [letter for intake in alone for letter in intake.dead]
