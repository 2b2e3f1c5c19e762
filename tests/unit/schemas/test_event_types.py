"""Every event type has one entry, whose sources read fields that its data have."""

from typing import get_args

import msgspec
import pytest

from schemas.event_sources import Attributes, Measures, Named, Own
from schemas.event_types import EVENT_TYPES, EventType, UserEvent

every_entry = pytest.mark.parametrize("entry", EVENT_TYPES, ids=lambda entry: entry.record.__name__)


def test_each_type_of_user_events_has_one_entry() -> None:
    assert tuple(entry.record for entry in EVENT_TYPES) == get_args(UserEvent)


@every_entry
def test_sources_read_fields_that_the_data_have(entry: EventType) -> None:
    data = next(field.type for field in msgspec.structs.fields(entry.record) if field.name == "data")
    fields = {field.name for field in msgspec.structs.fields(data)}
    for source in entry.sources:
        match source:
            case Named() | Attributes():
                read = {source.field}
            case Own() | Measures():
                read = {source.field, source.by} - {""}
        assert read <= fields


def test_no_two_types_raise_signals_under_one_kind() -> None:
    kinds = [source.kind for entry in EVENT_TYPES for source in entry.sources]
    assert len(set(kinds)) == len(kinds)
