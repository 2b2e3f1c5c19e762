"""JSON Schema 2020-12 of every record type, made from the msgspec types and committed below `schemas/json/`.

For producers and subscribers in other languages. The documents are open: an attribute or field that they do not name
is allowed, because readers ignore what they do not know. Where the types leave a rule to code, it is added here if
JSON Schema can say it: who needs a `subject`, and that a message says something.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from schemas.alerts import Alert
from schemas.event_types import USER_EVENTS, MessageData
from schemas.events import Clock, Control, Envelope

RECORD_TYPES: tuple[type[Envelope], ...] = (*USER_EVENTS, Control, Clock, Alert)
DIRECTORY = Path(__file__).parent / "json"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/{name}"
_TEXT_OR_SENTIMENT = [
    {"required": ["text"], "properties": {"text": {"type": "string"}}},
    {"required": ["sentiment"], "properties": {"sentiment": {"type": "number"}}},
]

Schema = dict[str, Any]


def short_name(record: type[Envelope]) -> str:
    """`activity` for the type whose CloudEvents type is churn.activity.v1."""
    return _tag_parts(record)[0]


def file_name(record: type[Envelope]) -> str:
    """Where its document stands, such as activity.v1.json."""
    return ".".join((*_tag_parts(record), "json"))


def document(record: type[Envelope]) -> Schema:
    """The JSON Schema of one record type, whole: all that it refers to stands in its own `$defs`."""
    _, definitions = msgspec.json.schema_components([record], ref_template=_REFERENCE)
    root = definitions.pop(record.__name__)
    if record in USER_EVENTS:
        _require_subject(root)
    if MessageData.__name__ in definitions:
        definitions[MessageData.__name__]["anyOf"] = _TEXT_OR_SENTIMENT
    name, version = _tag_parts(record)
    return {"$schema": _DIALECT, "$id": f"urn:churn:schema:{name}:{version}", **root, "$defs": definitions}


def render() -> dict[str, str]:
    """The text of every document by its file name, as it is committed."""
    return {file_name(record): json.dumps(document(record), indent=2) + "\n" for record in RECORD_TYPES}


def drifted(directory: Path = DIRECTORY) -> list[str]:
    """Names of the files that differ from what the types say, are missing, or belong to no type."""
    wanted, found = render(), _read(directory)
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def write(directory: Path = DIRECTORY) -> list[str]:
    """Make the files say what the types say; returns the names of those that changed."""
    wanted, changed = render(), drifted(directory)
    directory.mkdir(exist_ok=True)
    for name in changed:
        if name in wanted:
            (directory / name).write_text(wanted[name], encoding="utf-8")
        else:
            (directory / name).unlink()
    return changed


def _read(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.json")}


def _tag_parts(record: type[Envelope]) -> tuple[str, str]:
    _, name, version = str(record.__struct_config__.tag).split(".")
    return name, version


def _require_subject(root: Schema) -> None:
    text, _ = root["properties"]["subject"]["anyOf"]
    root["properties"]["subject"] = {"description": "The user's id, the same as the Kafka key", **text, "minLength": 1}
    root["required"].append("subject")
