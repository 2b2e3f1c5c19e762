"""A record damaged anywhere is judged alike by the types and by the JSON Schema."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from schemas import examples
from schemas.events import USER_EVENTS, Envelope
from schemas.json_schema import RECORD_TYPES, document, short_name

Body = dict[str, Any]
Place = tuple[str | int, ...]

VALIDATORS = {record: Draft202012Validator(document(record)) for record in RECORD_TYPES}
RECORDS = [
    pytest.param(record, json.loads(value), id=f"{short_name(record)}-{name}")
    for record in RECORD_TYPES
    for name, value in examples.valid(short_name(record)).items()
]
REMOVED = "removed"
REPLACEMENTS: tuple[object, ...] = (
    *(None, True, 0, -1, 1, 2, 1.5, -0.5),
    *("", "x", "1.0", "churn.clock.v1", "y" * 257, "0" * 16),
    *([], [{}], {}),
)


def places(node: object, here: Place = ()) -> Iterator[Place]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*here, key)
        yield from places(child, (*here, key))


def damaged(whole: Body, place: Place, replacement: object) -> Body:
    body = copy.deepcopy(whole)
    *parents, last = place
    node: Any = body
    for key in parents:
        node = node[key]
    if replacement == REMOVED:
        del node[last]
    else:
        node[last] = replacement
    return body


def accepted_by_type(record: type[Envelope], body: Body) -> bool:
    """As a reader of the whole topic would: the type must be named, and a user event must name its user."""
    try:
        decoded = msgspec.convert(body, record)
    except msgspec.ValidationError as error:
        return "thresholds must obey" in str(error)
    return "type" in body and (bool(decoded.subject) or record not in USER_EVENTS)


@pytest.mark.parametrize(("record", "whole"), RECORDS)
def test_types_and_json_schemas_judge_alike(record: type[Envelope], whole: Body) -> None:
    records = (damaged(whole, place, other) for place in places(whole) for other in (REMOVED, *REPLACEMENTS))
    assert [body for body in records if accepted_by_type(record, body) != VALIDATORS[record].is_valid(body)] == []
