"""What is found in the bytes of a batch is what the decoder would have said, for whatever stands in them."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.topics import MAX_EVENT_BYTES
from stream_app.core.columns import raised_by, to_columns
from stream_app.core.features.plan import compile_workload
from stream_app.core.features.sources import action
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from tests.support import every_kind
from tests.support.blocks import found_in
from tests.support.event_logs import START_MS, Event, LogWriter, at, control
from tests.support.fake_scorers import dial
from tests.support.nothing_found import decoded_one_by_one
from tests.support.record_strategies import PLAIN, records, values

COMPILED = compile_workload(every_kind.WORKLOAD)
DECLARED = COMPILED.declared
CONTROL = control(dial(COMPILED).control(every_kind.WORKLOAD.policy)).record(0).value


def told(intake: Intake) -> dict[str, Any]:
    """All that an intake says, and the columns of its events."""
    columns = to_columns(intake.events, COMPILED.patterns)
    return {
        "end": (intake.end_offset, intake.control, intake.controls, intake.clocks),
        "dead": intake.dead,
        "undeclared": intake.undeclared,
        "events": list(intake.events),
        "users": list(intake.events.names),
        "columns": [(column.dtype, column.tolist()) for column in columns],
    }


@settings(max_examples=600)
@given(records(st.sampled_from([None, b"", CONTROL])), st.integers(0, 2), st.integers(1, 3))
def test_a_batch_is_sorted_out_as_if_every_record_were_decoded(
    log: list[PlainRecord], partition: int, partitions: int
) -> None:
    assert told(take_in(log, partition, partitions, declared=DECLARED)) == told(
        decoded_one_by_one(log, partition, partitions, DECLARED)
    )


@settings(max_examples=600)
@given(values())
def test_a_value_that_is_found_is_an_activity_that_would_be_decoded(value: bytes) -> None:
    log = [PlainRecord(7, START_MS, None, value)]
    assert told(take_in(log, 0, 1, declared=DECLARED)) == told(decoded_one_by_one(log, 0, 1, DECLARED))


@given(PLAIN, st.sampled_from([(",", ":"), (", ", ": ")]))
def test_an_activity_in_plain_ascii_is_found_in_either_usual_style(
    event: dict[str, Any], style: tuple[str, str]
) -> None:
    plain = {name: value.replace("ë", "e") if isinstance(value, str) else value for name, value in event.items()}
    assert found_in([json.dumps(plain, separators=style).encode()]).taken.tolist() == [True]


WHOLE = (
    b'{"type":"churn.activity.v1","specversion":"1.0","id":"1","source":"/s","time":"2024-03-01T00:00:00.000Z",'
    b'"subject":"ana","data":{"action":"play","session_ref":"s"}}'
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"id":"1"', b'"id":"1","id":"1"'),
        (b'"data":', b'"data":{"action":"like"},"data":'),
        (b'"data":{', b'"action":"play","data":{'),
        (b'"action":"play"', b'"id":"1"'),
        (b'"action":"play"', b'"action":"play","id":"2"'),
        (b'"}}', b'"}'),
        (b'"}}', b'"}}}'),
        (b'"}}', b'"}} '),
        (b'"}}', b'","more":1}}'),
        (b'"subject":"ana",', b""),
        (b'"subject":"ana"', b'"subject":null'),
        (b"ana", b"an\\u0061"),
        (b"ana", "änn".encode()),
        (b"ana", b"an\xff"),
        (b"ana", b"an\n"),
        (b"v1", b"v2"),
        (b"1.0", b"1.1"),
        (b"subject", b"Subject"),
        (b"session_ref", b"session_ref_of_a"),
    ],
)
def test_a_value_that_leaves_a_doubt_is_not_found(old: bytes, new: bytes) -> None:
    assert found_in([WHOLE, WHOLE.replace(old, new), WHOLE]).taken.tolist() == [True, False, True]


@given(st.data())
def test_a_value_is_found_whatever_stands_before_and_behind_it(data: st.DataObject) -> None:
    batch = data.draw(st.lists(values(), max_size=6))
    assert found_in(batch).taken.tolist() == [found for value in batch for found in found_in([value]).taken.tolist()]


@pytest.mark.parametrize(("attribute", "most"), [("id", 256), ("source", 256), ("subject", 200), ("action", 64)])
def test_an_attribute_is_found_up_to_the_length_that_its_contract_allows(attribute: str, most: int) -> None:
    for length, found in [(0, False), (1, True), (most, True), (most + 1, False)]:
        event = json.loads(Event("activity", at(), {"action": "play"}, "ana").record(0).value or b"")
        (event["data"] if attribute == "action" else event)[attribute] = "x" * length
        value = json.dumps(event).encode()
        assert found_in([value]).taken.tolist() == [found]
        log = [PlainRecord(0, START_MS, None, value)]
        assert told(take_in(log, 0, 1, declared=DECLARED)) == told(decoded_one_by_one(log, 0, 1, DECLARED))
        assert len(take_in(log, 0, 1).events) == found


def test_an_event_is_found_up_to_the_size_that_may_be_kept() -> None:
    event = json.loads(Event("activity", at(), {"action": "play"}, "ana").record(0).value or b"")
    room = MAX_EVENT_BYTES - len(json.dumps(event | {"partitionkey": ""}))
    for length, found in [(room, True), (room + 1, False)]:
        value = json.dumps(event | {"partitionkey": "x" * length}).encode()
        assert found_in([value]).taken.tolist() == [found]


@given(st.lists(st.booleans(), min_size=8, max_size=8))
def test_marked_events_are_as_if_the_others_had_never_been_there(marks: list[bool]) -> None:
    log = LogWriter()
    for number in range(2):
        log.does("play", at(seconds=number), user="ben")
        log.says(at(seconds=number), 0.5)
        log.does("like", at(seconds=number), {"amount": 2.5, "weight": number}, user=f"u{number}")
        log.becomes(at(seconds=number), {"plan": "paid"}, user="zoë")
    events = take_in(log.records(), 0, 1, declared=DECLARED).events
    chosen = events.where(np.array(marks))
    wanted = [admitted for admitted, mark in zip(events, marks, strict=True) if mark]
    assert list(chosen) == wanted == [chosen[place] for place in range(len(wanted))]
    assert list(chosen.names) == list(dict.fromkeys(admitted.user for admitted in wanted))
    again = take_in([admitted.record for admitted in wanted], 0, 1, declared=DECLARED).events if wanted else chosen
    columns = [to_columns(one, COMPILED.patterns) for one in (chosen, again)]
    assert all(np.array_equal(*pair) for pair in zip(*columns, strict=True))
    assert chosen.undeclared.tolist() == again.undeclared.tolist()
    assert raised_by(chosen, [action("like")]).tolist() == [
        getattr(one.event.data, "action", "") == "like" for one in wanted
    ]
