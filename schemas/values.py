"""From a record's value to the record that it holds, or why it holds none: for files, commands and the worker alike."""

import re
from typing import Final

import msgspec

from schemas.errors import Poison
from schemas.event_types import Message
from schemas.events import Record
from schemas.topics import MAX_EVENT_BYTES
from schemas.value_faults import form_fault, half_fault, json_fault, repeated_fault

MAX_NESTING = 100
"""Levels of JSON objects and arrays in an event: the decoder's own limit depends on who calls it."""

_TEXT: Final = rb'"(?:[^"\\]|\\.)*"?'
_MARKS: Final = re.compile(_TEXT + rb"|[\[\]{}]", re.DOTALL)
_NAMES: Final = re.compile(rb'"([^"]*)"\s*:')
_ESCAPES: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)
_NO_CHARACTERS: Final = re.compile("[\ud800-\udfff]+")
_REPLACED, _REPLACED_OTHERWISE = "\ufffd", "\ufffc"

_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


def decode_record(value: bytes | None) -> Record:
    """The record that a value holds; half a character in a text that nobody reads as a name is replaced.

    Raises Poison: `tombstone`, `too_large`, `undecodable` or `schema`.
    """
    if value is None:
        raise Poison(
            "tombstone",
            "the record has no value (a tombstone), which erases nothing here: docs/runbook/dead-letters.md says "
            "under tombstone how a user is erased",
        )
    if len(value) > MAX_EVENT_BYTES:
        raise Poison("too_large", f"{len(value)} bytes, at most {MAX_EVENT_BYTES} are allowed")
    if _too_deep(value):
        raise Poison("undecodable", f"nested more than {MAX_NESTING} levels deep")
    try:
        record = _decoder.decode(value)
    except msgspec.ValidationError as error:
        raise Poison("schema", form_fault(value, str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        record = _decoded_with_halves(value, str(error))
    if may_repeat_names(value) and (fault := repeated_fault(value)):
        raise Poison("schema", fault)
    return record


def may_repeat_names(value: bytes) -> bool:
    """Whether an object in JSON might have a name twice: some name stands twice, or is written with escapes."""
    names = _NAMES.findall(value)
    return b"\\" in value or len(set(names)) < len(names)


def _too_deep(value: bytes) -> bool:
    """Whether objects and arrays are nested too deep, up to the first end of what was not begun."""
    if value.count(b"{") + value.count(b"[") <= MAX_NESTING:
        return False
    depth = 0
    for found in _MARKS.finditer(value):
        if found[0] in b"{[":
            depth += 1
        elif found[0] in b"}]":
            depth -= 1
        if depth < 0 or depth > MAX_NESTING:
            return depth > 0
    return False


def _decoded_with_halves(value: bytes, said: str) -> Record:
    """The record, if all that is wrong is half a character, and that in a text: replaced by one mark or by another, it
    is the same record in all else. Raises Poison: `undecodable`."""
    whole = _whole(value, _REPLACED)
    try:
        record, otherwise = _decoder.decode(whole), _decoder.decode(_whole(value, _REPLACED_OTHERWISE))
    except msgspec.ValidationError as error:
        told = form_fault(whole, str(error))
        raise Poison("undecodable", f"{said}: half a character; besides, {told}") from error
    except msgspec.DecodeError as error:
        raise Poison("undecodable", json_fault(value, said)) from error
    if isinstance(record, Message) and isinstance(otherwise, Message):
        text = msgspec.structs.replace(otherwise.data, text=record.data.text)
        otherwise = msgspec.structs.replace(otherwise, data=text)
    if record != otherwise:
        raise Poison("undecodable", half_fault(record, otherwise))
    return record


def _whole(value: bytes, mark: str) -> bytes:
    """The value with a mark for each run of bytes that are no UTF-8, and for each lone surrogate."""
    text = _NO_CHARACTERS.sub(mark, value.decode("utf-8", "surrogateescape"))
    return _ESCAPES.sub(lambda found: mark if found[1] else found[0], text).encode()
