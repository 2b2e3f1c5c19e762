"""What is wrong with a value that holds no record, as a sentence for whoever writes such values."""

import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final

import msgspec

_PLACE: Final = re.compile(r" - at `\$([^`]*)`$")
_STEPS: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_LONGEST: Final = 80
_REGISTRY_BYTES: Final = 5
_BEGINNINGS: Final = (
    (b"\xef\xbb\xbf", "a byte-order mark stands before the JSON: have its source write UTF-8 without one"),
    (b"\xff\xfe", "it is UTF-16: have its source write UTF-8"),
    (b"\xfe\xff", "it is UTF-16: have its source write UTF-8"),
    (b"\x1f\x8b", "it is compressed (gzip): send plain JSON, and set the producer's compression.type"),
    (
        b"\x28\xb5\x2f\xfd",
        "it is compressed (zstd): send plain JSON, and set the producer's compression.type",
    ),
    (b"Obj\x01", "it is an Avro file: send plain JSON, one event a record"),
    (b"{'", "it is written in single quotes, as Python shows a dict: have its source write JSON (json.dumps)"),
)

Path = tuple[str | int, ...]


def json_fault(value: bytes, said: str) -> str:
    """Why a value is no JSON; `said` is what the decoder finds."""
    if not value.strip():
        return "the value is empty: send an event as JSON"
    if hint := _beginning(value):
        return f"the value is no JSON: {hint}"
    try:
        document = json.loads(value.decode())
    except UnicodeDecodeError as error:
        byte = value[error.start]
        return f"byte {error.start} is {byte:#04x}, which is not UTF-8: have its source write UTF-8 ({said})"
    except json.JSONDecodeError as error:
        return f"{said}: {_broken(value, error)}"
    except ValueError:
        return said
    for path, leaf in _leaves(document):
        if isinstance(leaf, float) and not -1e999 < leaf < 1e999:
            return f"`{_named(path)}` is {json.dumps(leaf)}, which JSON does not have: leave the field out ({said})"
    return said


def form_fault(value: bytes, said: str) -> str:
    """Why JSON is no record of ours; `said` is what the decoder finds."""
    try:
        document = json.loads(value)
    except ValueError:
        return said
    if isinstance(document, str):
        return f"{said}: it is JSON in quotes, encoded twice: have its source encode it once"
    if isinstance(document, list):
        return f"{said}: have its source send one event a record"
    if isinstance(document, dict) and {"schema", "payload"} <= document.keys():
        return f"{said}: it is an envelope of Kafka Connect: set value.converter.schemas.enable=false in the connector"
    if isinstance(document, dict) and not {"type", "specversion"} & document.keys():
        return f"{said}: it is no CloudEvent in structured mode, whose attributes stand beside `data` in the value"
    found = _PLACE.search(said)
    return said if found is None else said + _at_place(document, found[1], said)


def half_fault(record: msgspec.Struct, otherwise: msgspec.Struct) -> str:
    """Which field holds half a character: one that differs where it is replaced by another mark."""
    pairs = zip_longest(_leaves(msgspec.to_builtins(record)), _leaves(msgspec.to_builtins(otherwise)))
    path = next((one[0] for one, other in pairs if one and one != other), ())
    return (
        f"`{_named(path)}` holds half a character, a lone surrogate or bytes that are no UTF-8: have its source cut "
        "texts between characters, and write UTF-8"
    )


def repeated_fault(value: bytes) -> str:
    """Which attribute an event, or its data, has twice; empty if none. Which of them counts would be open."""
    try:
        document = json.loads(value, object_pairs_hook=_Members)
    except ValueError:
        return ""
    places: list[tuple[Path, Any]] = [((), document)]
    if isinstance(document, _Members) and isinstance(document.get("data"), _Members):
        places.append((("data",), document["data"]))
    for path, members in places:
        if isinstance(members, _Members) and members.repeated:
            name, first, last = members.repeated
            return (
                f"`{_named((*path, name))}` stands in it twice ({_shown(first)} and {_shown(last)}), and which counts "
                "is open: have its source write each name once"
            )
    return ""


class _Members(dict[str, Any]):
    """An object, and the first of its names that it has twice, with both values."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__()
        self.repeated: tuple[str, Any, Any] | None = None
        for name, value in pairs:
            if name in self and self.repeated is None:
                self.repeated = (name, self[name], value)
            self[name] = value


def _beginning(value: bytes) -> str:
    known = next((hint for start, hint in _BEGINNINGS if value.startswith(start)), "")
    if known or value.lstrip()[:1] in (b"{", b"["):
        return known
    if value[0] == 0 and len(value) > _REGISTRY_BYTES:
        number = int.from_bytes(value[1:_REGISTRY_BYTES], "big")
        return (
            f"it begins as the serialisers of a schema registry write it (byte 0, then schema {number}): send plain "
            "JSON, with a serialiser that knows no registry"
        )
    if any(byte < ord(" ") and byte not in b"\t\n\r" for byte in value[:20]):
        return "it is binary, as Avro and Protobuf are: send plain JSON"
    return ""


def _broken(value: bytes, error: json.JSONDecodeError) -> str:
    if error.msg == "Extra data":
        return "have its source send one event a record"
    if error.pos >= len(value.decode().rstrip()) or error.msg.startswith("Unterminated"):
        return "it ends in the middle: see what cuts it off"
    if value.lstrip()[:1] not in (b"{", b"["):
        return f"it begins with {value[:20].decode('utf-8', 'replace')!r}: send an event as JSON"
    return f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.pos + 1}"


def _at_place(document: Any, place: str, said: str) -> str:  # noqa: ANN401 - any JSON
    """The value that stands at the place which the decoder names, and what to write instead where that is plain."""
    try:
        value = document
        for name, index in _STEPS.findall(place):
            value = value[name] if name else value[int(index)]
    except (LookupError, TypeError):
        return ""
    if said.startswith("Expected `str") and isinstance(value, int | float):
        return f", where {_shown(value)} stands: write it in quotes"
    if isinstance(value, dict | list):
        return _slug_advice(value, said)
    return f", where {_shown(value)} stands"


def _slug_advice(data: Any, said: str) -> str:  # noqa: ANN401 - any JSON
    action = data.get("action") if isinstance(data, dict) else None
    if not said.startswith("the action") or not isinstance(action, str):
        return ""
    slug = re.sub(r"[^a-z0-9]+", "_", action.lower()).strip("_").lstrip("0123456789_")[:64]
    return f": write {slug}, say" if slug else ""


def _leaves(document: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(document, dict | list):
        for step, child in document.items() if isinstance(document, dict) else enumerate(document):
            yield from _leaves(child, (*path, step))
    else:
        yield path, document


def _named(path: Path) -> str:
    return ".".join(map(str, path)) or "value"


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON
    text = json.dumps(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
