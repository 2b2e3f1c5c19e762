"""A load with chats and measures is the load without them, but for what was asked: same users, same times, same ids."""

import json
from typing import Any

from benchmarks.speed.blend import ACTIVITIES_ALONE, Blend, blended
from benchmarks.speed.load import Chunk, drawn
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord

COUNT, USERS = 60_000, 3_000
BLEND = Blend(chats=10, measures=30)


def a_load(blend: Blend) -> Chunk:
    chunks = list(blended(drawn(COUNT, USERS, "zipf", seed=1), blend))
    return Chunk([key for chunk in chunks for key in chunk.keys], [value for chunk in chunks for value in chunk.values])


def decoded(load: Chunk) -> list[dict[str, Any]]:
    return [json.loads(value) for value in load.values]


def test_every_event_is_admitted_by_the_core_under_its_key() -> None:
    load = a_load(BLEND)
    records = [PlainRecord(i, 0, *pair) for i, pair in enumerate(zip(load.keys, load.values, strict=True))]
    intake = take_in(records, 0, 1)
    assert (len(intake.events), intake.dead) == (COUNT, [])
    assert [user.encode() for user in intake.events.users] == load.keys


def test_as_many_are_messages_and_as_many_activities_carry_measures_as_was_asked() -> None:
    events = decoded(a_load(BLEND))
    messages = [event["data"] for event in events if event["type"] == "churn.message.v1"]
    activities = [event["data"] for event in events if event["type"] == "churn.activity.v1"]
    measured = [data["measures"] for data in activities if "measures" in data]
    assert len(messages) + len(activities) == COUNT
    assert abs(100 * len(messages) / COUNT - BLEND.chats) < 1
    assert abs(100 * len(measured) / len(activities) - BLEND.measures) < 1
    assert all(-1 <= data["sentiment"] <= 1 and data["text"] for data in messages)
    assert all(set(data) == {"amount", "minutes"} for data in measured)


def test_envelopes_are_those_of_the_load_without_them() -> None:
    load, plain = a_load(BLEND), a_load(ACTIVITIES_ALONE)
    assert load.keys == plain.keys
    for event, before in zip(decoded(load), decoded(plain), strict=True):
        kept = {name for name in before if name not in ("type", "data")}
        assert {name: event[name] for name in kept} == {name: before[name] for name in kept}
        assert event["type"] == "churn.message.v1" or event["data"]["action"] == before["data"]["action"]


def test_the_same_arguments_give_the_same_bytes_and_nothing_asked_leaves_them_alone() -> None:
    assert a_load(BLEND) == a_load(BLEND)
    plain = Chunk([], [])
    for keys, values in drawn(COUNT, USERS, "zipf", seed=1):
        plain.keys.extend(keys)
        plain.values.extend(values)
    assert a_load(ACTIVITIES_ALONE) == plain
