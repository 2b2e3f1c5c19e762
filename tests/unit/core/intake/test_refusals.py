"""What is refused for where and when it stands names the key and the timestamp that were seen."""

import json

import pytest

from schemas.instants import format_instant
from stream_app.core.durations import DAY_MS
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from tests.support.event_logs import START_MS, Event
from tests.support.partitions import partitions_of

EVENT = Event("activity", START_MS, {"action": "play"}, "ana")
VALUE = EVENT.record(0).value or b""
HOME = int(partitions_of([b"ana"], 4)[0])


def refused(record: PlainRecord, partition: int = HOME) -> DeadLetter:
    [letter] = take_in([record], partition, 4).dead
    return letter


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (b"ana", "its key is the user's id, so have its producer use murmur2"),
        (b'"ana"', 'its key is "ana", the user\'s id in quotes: serialise keys as strings'),
        (None, "the record has no key, and the user's id is wanted there"),
        (b"conversation-7", "its key is 'conversation-7', and the user's id is wanted there"),
        (b"\0\0\0\0\1\xff", r"its key is '\x00\x00\x00\x00\x01\\xff', and"),
    ],
)
def test_an_event_that_went_astray_names_the_key_that_it_has(key: bytes | None, said: str) -> None:
    letter = refused(PlainRecord(0, START_MS, key, VALUE), (HOME + 1) % 4)
    assert letter.reason == "mispartitioned"
    assert letter.message.startswith(f"user ana belongs to partition {HOME}: ")
    assert said in letter.message


@pytest.mark.parametrize(
    ("sent_ms", "said"),
    [
        (START_MS // 1000, f"which is {format_instant(START_MS)} if it counts seconds: Kafka's timestamps count milli"),
        (START_MS - 2 * DAY_MS, f"the record's timestamp {START_MS - 2 * DAY_MS} ("),
        (-1, "the record's timestamp -1 ("),
    ],
)
def test_an_event_that_lies_ahead_of_its_record_names_the_timestamp_and_its_unit(sent_ms: int, said: str) -> None:
    event = {name: value for name, value in json.loads(VALUE).items() if name != "recordedtime"}
    letter = refused(PlainRecord(0, sent_ms, b"ana", json.dumps(event).encode()))
    assert letter.reason == "future"
    assert said in letter.message


@pytest.mark.parametrize(
    ("attribute", "text"),
    [("time", "2024-03-01T10Z"), ("recordedtime", "2024-03-01T10:00:00+0200"), ("time", "2024-03-01T24:00:00.000Z")],
)
def test_a_time_that_is_none_is_named_with_its_attribute(attribute: str, text: str) -> None:
    value = json.dumps({**json.loads(VALUE), attribute: text}).encode()
    letter = refused(PlainRecord(0, START_MS, b"ana", value))
    assert letter.reason == "schema"
    assert letter.message.startswith(f"`{attribute}`: '{text}' is no RFC 3339 date-time such as")


@pytest.mark.parametrize("beside", [[], [VALUE], [b"{"]])
def test_what_stands_twice_is_refused_whatever_stands_beside_it(beside: list[bytes]) -> None:
    twice = VALUE.replace(b'"subject"', b'"subject":"ben","subject"')
    extra = VALUE.replace(b"{", b'{"more":{"id":1,"id":2},', 1)
    values = [*beside, twice, extra]
    intake = take_in([PlainRecord(at, START_MS, b"ana", value) for at, value in enumerate(values)], HOME, 4)
    [letter] = [one for one in intake.dead if one.record.value == twice]
    assert "`subject` stands in it twice" in letter.message
    assert len(intake.events) == (2 if VALUE in beside else 1)
