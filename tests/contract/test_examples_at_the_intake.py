"""The worker's intake takes the valid examples and rejects each invalid one under its reason, saying what is wrong."""

from typing import Any

import pytest

from schemas import examples
from schemas.alerts import Alert
from schemas.events import Clock, Control, Envelope
from schemas.examples import InvalidExample, Metadata
from schemas.instants import parse_instant
from schemas.json_schema import RECORD_TYPES, short_name
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord

INPUT_TYPES = [record for record in RECORD_TYPES if record is not Alert]
ONE_PARTITION = Metadata(key=None, timestamp_ms=parse_instant("2030-01-01T00:00:00Z"), partition=0, partitions=1)

VALID = [
    pytest.param(record, value, id=f"{short_name(record)}-{name}")
    for record in INPUT_TYPES
    for name, value in examples.valid(short_name(record)).items()
]
INVALID = [
    pytest.param(example, id=f"{short_name(record)}-{name}")
    for record in INPUT_TYPES
    for name, example in examples.invalid(short_name(record)).items()
]


def taken_in(value: bytes | None, metadata: Metadata) -> Intake:
    key = None if metadata.key is None else metadata.key.encode()
    return take_in([PlainRecord(7, metadata.timestamp_ms, key, value)], metadata.partition, metadata.partitions)


def outcome(intake: Intake) -> dict[str, Any]:
    return {"events": len(intake.events), "controls": intake.controls, "clocks": intake.clocks, "dead": intake.dead}


@pytest.mark.parametrize(("record", "value"), VALID)
def test_a_valid_example_is_admitted(record: type[Envelope], value: bytes) -> None:
    nothing = {"events": 0, "controls": 0, "clocks": 0, "dead": []}
    counter = {Control: "controls", Clock: "clocks"}.get(record, "events")
    assert outcome(taken_in(value, ONE_PARTITION)) == nothing | {counter: 1}


@pytest.mark.parametrize("example", INVALID)
def test_an_invalid_example_is_dead_lettered_under_its_reason_with_its_error(example: InvalidExample) -> None:
    intake = taken_in(example.value(), example.kafka or ONE_PARTITION)
    [letter] = intake.dead
    assert (letter.reason, list(intake.events)) == (example.expect.reason, [])
    assert example.expect.error in letter.message
    assert intake.end_offset == 8


def test_a_value_nested_deeper_than_can_be_decoded_is_dead_lettered() -> None:
    nested = b"[" * 50_000 + b"]" * 50_000
    value = examples.valid("activity")["thumbs-down-sent-live"].rstrip(b"}\n") + b'}, "x": ' + nested + b"}"
    [letter] = taken_in(value, ONE_PARTITION).dead
    assert letter.reason == "undecodable"
