"""The records of `customer-events-dlq`: the original bytes, and headers that say why they could not be applied.

Of a record that is too large to be kept the letter holds the first bytes, and `size` and `sha256` of its value; it
stands whole where it came from. A letter is never dated ahead of its writing: the record's own timestamp stands in a
header.

Dead letters of partition p of the events stand in partition p, written in transactions by the one worker that owns p.
A record that was set aside as `bug` stays out of every replay for good: these letters are decisions, as alerts are.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

RejectionReason = Literal[
    "undecodable", "schema", "no_user", "future", "too_large", "mispartitioned", "tombstone", "bug"
]

HEADER_PREFIX = "__churn.errors."
SCHEMA = "churn.events.v2"
"""The contract that the records were held against; another one may reject others, or for another reason."""


class Rejection(Struct, kw_only=True, frozen=True):
    """Why a record was rejected: where it stood, its timestamp in ms, who rejected it.

    `reason` is a `RejectionReason` of the version that wrote the letter, maybe one that this version does not know.
    `front` is the highest offset that its partition had rejected when the letter was written, this one included.
    `size` and `sha256` are those of the record's value where the letter holds only the beginning of it.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    reason: str
    error: str
    message: str
    app_version: str
    schema: str
    session: str
    front: int
    size: int | None = None
    sha256: str | None = None


_HEADER_OF = {
    "topic": "topic",
    "partition": "partition",
    "offset": "offset",
    "timestamp": "timestamp",
    "reason": "reason",
    "error": "class",
    "message": "message",
    "app_version": "app.version",
    "schema": "schema",
    "session": "session",
    "front": "front",
}
HEADERS = tuple(_HEADER_OF.values())
_OF_SHORTENED = ("size", "sha256")
_NUMBERS = {"partition", "offset", "timestamp", "front", "size"}


def to_headers(rejection: Rejection) -> list[tuple[str, bytes]]:
    """The headers that a dead letter has beside those of the original record."""
    said = {header: getattr(rejection, field) for field, header in _HEADER_OF.items()}
    if rejection.sha256 is not None:
        said |= {name: getattr(rejection, name) for name in _OF_SHORTENED}
    return [(HEADER_PREFIX + header, str(value).encode("utf-8", "replace")) for header, value in said.items()]


def read_rejection(headers: Iterable[tuple[str, bytes | None]]) -> Rejection | None:
    """What a record's headers say of its rejection; None for a record that is no dead letter.

    Of a header that occurs twice the last counts: the original record may have been a dead letter itself. What was
    said of its size then is forgotten.
    """
    found: dict[str, bytes] = {}
    for name, value in headers:
        if name == HEADER_PREFIX + HEADERS[0]:
            found = {header: held for header, held in found.items() if header not in _OF_SHORTENED}
        if name.startswith(HEADER_PREFIX):
            found[name.removeprefix(HEADER_PREFIX)] = value or b""
    if not found.keys() >= set(HEADERS):
        return None
    texts = {field: found[header].decode("utf-8", "replace") for field, header in _HEADER_OF.items()}
    texts |= {name: found[name].decode("utf-8", "replace") for name in _OF_SHORTENED if name in found}
    try:
        numbers = {field: int(texts[field]) for field in _NUMBERS & texts.keys()}
    except ValueError:
        return None
    return Rejection(**{**texts, **numbers})  # type: ignore[arg-type]  # the numbers were taken out of the texts


def own_headers(headers: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The headers that the original record came with."""
    return [(name, value) for name, value in headers if not name.startswith(HEADER_PREFIX)]
