"""Every example is what its folder says: the types and the JSON Schemas take the valid ones and refuse the others."""

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from schemas import examples
from schemas.events import Envelope
from schemas.examples import InvalidExample
from schemas.json_schema import RECORD_TYPES, document, short_name

MIN_VALID, MIN_INVALID = 2, 3
DECODABLE_FOR_EVERYONE = ("schema", "no_user")
REFUSED_FOR_WHERE_AND_WHEN_THEY_STAND = ("future", "too_large", "mispartitioned")

VALIDATORS = {record: Draft202012Validator(document(record)) for record in RECORD_TYPES}

every_type = pytest.mark.parametrize("record", RECORD_TYPES, ids=short_name)
every_valid_example = pytest.mark.parametrize(
    ("record", "value"),
    [
        pytest.param(record, value, id=f"{short_name(record)}-{name}")
        for record in RECORD_TYPES
        for name, value in examples.valid(short_name(record)).items()
    ],
)


def invalid_examples(*reasons: str) -> list[Any]:
    return [
        pytest.param(record, example, id=f"{short_name(record)}-{name}")
        for record in RECORD_TYPES
        for name, example in examples.invalid(short_name(record)).items()
        if example.expect.reason in reasons
    ]


def accepted_by_json_schema(record: type[Envelope], value: bytes | None) -> bool:
    return bool(VALIDATORS[record].is_valid(json.loads(value or b"")))


@every_type
def test_every_type_has_examples_of_both_kinds(record: type[Envelope]) -> None:
    assert len(examples.valid(short_name(record))) >= MIN_VALID
    assert len(examples.invalid(short_name(record))) >= MIN_INVALID


@every_valid_example
def test_a_valid_example_decodes_to_its_type_and_back_to_an_equal_record(record: type[Envelope], value: bytes) -> None:
    decoded = msgspec.json.decode(value, type=record)
    written = msgspec.json.encode(decoded)
    assert msgspec.json.decode(written, type=record) == decoded
    assert accepted_by_json_schema(record, written)


@every_valid_example
def test_a_valid_example_is_accepted_by_its_json_schema(record: type[Envelope], value: bytes) -> None:
    VALIDATORS[record].validate(json.loads(value))


@pytest.mark.parametrize(("record", "example"), invalid_examples("undecodable"))
def test_an_undecodable_example_is_not_one_json_text(record: type[Envelope], example: InvalidExample) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        json.loads(example.value() or b"")


@pytest.mark.parametrize(("record", "example"), invalid_examples(*DECODABLE_FOR_EVERYONE))
def test_json_schema_refuses_a_malformed_record_where_it_can(record: type[Envelope], example: InvalidExample) -> None:
    assert accepted_by_json_schema(record, example.value()) == example.expect.beyond_json_schema


@pytest.mark.parametrize(("record", "example"), invalid_examples(*REFUSED_FOR_WHERE_AND_WHEN_THEY_STAND))
def test_a_record_refused_for_where_or_when_it_stands_is_well_formed(
    record: type[Envelope], example: InvalidExample
) -> None:
    assert example.kafka is not None
    assert accepted_by_json_schema(record, example.value())
