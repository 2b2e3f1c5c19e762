"""What is wrong with a line, in words: what it is in place of JSON, or which field has which value."""

import json
from typing import Final

import msgspec

from schemas.errors import Poison

OWN_DATA: Final = "docs/own-data.md says what a file of events is, with a script that makes one of CSV"


def fault_of(line: bytes, number: int, error: Exception) -> str:
    """What `error` found, or what kind of file the line seems to come from."""
    if not isinstance(error, Poison):
        return str(error)
    said = "" if isinstance(error.__cause__, msgspec.ValidationError) or not error.__cause__ else _no_json(line, number)
    return _array(line) or said or error.message


def _array(line: bytes) -> str:
    if not line.lstrip().startswith(b"["):
        return ""
    return "it begins a JSON array, and one JSON object a line is wanted: `jq -c '.[]' FILE` makes that of it"


def _no_json(line: bytes, number: int) -> str:
    text = line.strip()
    if b"\0" in line:
        return "it has NUL bytes: the file is no text, or in an encoding other than UTF-8 without a byte-order mark"
    if text.startswith(b"\xef\xbb\xbf"):
        return "a byte-order mark stands before it, as where files were joined: take it out"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} is {text[error.start]:#04x}, which is not UTF-8: `iconv -t UTF-8 -f …` mends it"
    if text.startswith(b"{"):
        return _broken_object(text)
    if number == 1 and any(separator in text for separator in (b",", b";", b"\t")):
        return f"it is no JSON but looks like the head of a CSV file, and one JSON object a line is wanted: {OWN_DATA}"
    return f"it is no JSON object but begins with {text[:20].decode(errors='replace')!r}: {OWN_DATA}"


def _broken_object(text: bytes) -> str:
    """What is wrong in JSON and where, for msgspec says only the byte."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.decode()) or error.msg.startswith("Unterminated"):
            return "it ends in the middle of its JSON (truncated): an object stands on one line (`jq -c . FILE`), whole"
        return f"its JSON is malformed at character {error.pos + 1}: {error.msg}"
    except RecursionError:
        return "its JSON is nested too deeply"
    return ""
