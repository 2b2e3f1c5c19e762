"""A value that holds no record is refused with a sentence that says what its source must do; half an emoji is not."""

import json
from typing import Any

import msgspec
import pytest

from schemas.errors import Poison
from schemas.event_types import Activity, Message
from schemas.values import decode_record

ACTIVITY: dict[str, Any] = {
    "type": "churn.activity.v1",
    "specversion": "1.0",
    "id": "1",
    "source": "/test",
    "time": "2024-01-01T00:00:00.000Z",
    "subject": "ana",
    "data": {"action": "play"},
}
WORDS = {"conversation_ref": "c", "direction": "inbound", "text": "oh HALF no", "sentiment": -0.5}
MESSAGE = ACTIVITY | {"type": "churn.message.v1", "data": WORDS}
HALVES = [rb"\ud83d", rb"\uDE00", rb"\ude00\ud83d", b"\xf0\x9f\x98", b"\xed\xa0\xbd", b"\xff"]
BOTH_HALVES = rb"\ud83d\ude00"


def written(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def refused(value: bytes | None) -> tuple[str, str]:
    with pytest.raises(Poison) as poison:
        decode_record(value)
    return poison.value.reason, poison.value.message


@pytest.mark.parametrize("half", HALVES)
def test_half_an_emoji_in_a_chat_text_does_not_cost_its_sentiment(half: bytes) -> None:
    message = decode_record(written(MESSAGE).replace(b"HALF", half))
    assert isinstance(message, Message)
    assert message.data.sentiment == -0.5
    assert message.data.text in ("oh \ufffd no", "oh \ufffd\ufffd no")


@pytest.mark.parametrize("half", HALVES)
def test_nor_does_one_in_what_nobody_reads(half: bytes) -> None:
    event = ACTIVITY | {"note": "HALF", "data": {"action": "play", "title": "HALF"}}
    assert decode_record(written(event).replace(b"HALF", half)) == decode_record(written(ACTIVITY))


def test_a_whole_emoji_and_an_escaped_backslash_stay_as_they_are() -> None:
    value = written(MESSAGE).replace(b"HALF", BOTH_HALVES + rb" \\ud83d " + HALVES[0])
    message = decode_record(value)
    assert isinstance(message, Message)
    assert message.data.text == "oh \U0001f600 \\ud83d \ufffd no"


@pytest.mark.parametrize("field", ["id", "source", "subject", "partitionkey"])
@pytest.mark.parametrize("half", HALVES)
def test_half_a_character_in_a_name_is_refused_and_the_field_is_named(field: str, half: bytes) -> None:
    reason, message = refused(written(ACTIVITY | {field: "a HALF"}).replace(b"HALF", half))
    assert reason == "undecodable"
    assert message.startswith(f"`{field}` holds half a character")


@pytest.mark.parametrize(
    ("value", "reason", "said"),
    [
        (None, "tombstone", "says under tombstone how a user is erased"),
        (b"", "undecodable", "the value is empty"),
        (written(MESSAGE).replace(b"-0.5", b"NaN"), "undecodable", "`data.sentiment` is NaN, which JSON does not have"),
        (written(MESSAGE).replace(b"-0.5", b"-Infinity"), "undecodable", "`data.sentiment` is -Infinity"),
        (b"\xef\xbb\xbf" + written(ACTIVITY), "undecodable", "a byte-order mark stands before the JSON"),
        (json.dumps(ACTIVITY).encode("utf-16"), "undecodable", "it is UTF-16"),
        (b"\0\0\0\0\x07" + written(ACTIVITY), "undecodable", "schema registry write it (byte 0, then schema 7)"),
        (b"\x02\x06ana\x08play", "undecodable", "it is binary"),
        (b"\x1f\x8b\x08\0", "undecodable", "it is compressed (gzip)"),
        (str(ACTIVITY).encode(), "undecodable", "single quotes"),
        (written(ACTIVITY)[:-9], "undecodable", "it ends in the middle"),
        (written(ACTIVITY) * 2, "undecodable", "one event a record"),
        (b"a,b,c", "undecodable", "it begins with 'a,b,c': send an event as JSON"),
        (json.dumps(written(ACTIVITY).decode()).encode(), "schema", "it is JSON in quotes, encoded twice"),
        (b'{"schema":{"type":"string"},"payload":"{}"}', "schema", "value.converter.schemas.enable=false"),
        (b'{"user":"ana","page":"home"}', "schema", "no CloudEvent in structured mode"),
        (written(ACTIVITY | {"id": 6}), "schema", "at `$.id`, where 6 stands: write it in quotes"),
        (written(ACTIVITY | {"subject": 17}), "schema", "at `$.subject`, where 17 stands: write it in quotes"),
        (written(ACTIVITY | {"data": {"action": "Add to Playlist"}}), "schema", "write add_to_playlist, say"),
    ],
)
def test_a_value_is_refused_with_what_its_source_must_do(value: bytes | None, reason: str, said: str) -> None:
    assert refused(value)[0] == reason
    assert said in refused(value)[1]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (b'"subject"', b'"subject": "ben", "subject"', '`subject` stands in it twice ("ben" and "ana")'),
        (b'"subject"', rb'"subj\u0065ct": "ben", "subject"', '`subject` stands in it twice ("ben" and "ana")'),
        (b'"action"', b'"action": "like", "action"', '`data.action` stands in it twice ("like" and "play")'),
    ],
)
def test_an_attribute_that_stands_twice_is_refused_with_both_values(old: bytes, new: bytes, named: str) -> None:
    assert named in refused(written(ACTIVITY).replace(old, new))[1]


def test_names_that_stand_twice_in_different_objects_are_none_of_the_kind() -> None:
    event = ACTIVITY | {"data": {"action": "play", "id": "1", "more": {"action": "like", "id": ":"}}}
    assert isinstance(decode_record(written(event)), Activity)
    inner = written(event).replace(b'"id": ":"', b'"id": ":", "id": "2"')
    assert decode_record(inner) == msgspec.json.decode(inner, type=Activity)


@pytest.mark.parametrize("value", [b"[" * 101 + b"]" * 101, b'{"a":' * 101 + b"1" + b"}" * 101])
def test_what_is_nested_too_deep_is_refused(value: bytes) -> None:
    assert refused(value) == ("undecodable", "nested more than 100 levels deep")


def test_brackets_in_texts_do_not_nest() -> None:
    event = ACTIVITY | {"note": '"\\[{' * 200}
    assert isinstance(decode_record(written(event)), Activity)
