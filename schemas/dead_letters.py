"""The records of `customer-events-dlq`: the original bytes, and headers that say why they could not be applied.

Dead letters of partition p of the events stand in partition p, written in transactions by the one worker that owns p.
A record that was set aside as `bug` stays out of every replay for good: these letters are decisions, as alerts are.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

RejectionReason = Literal["undecodable", "schema", "no_user", "future", "too_large", "mispartitioned", "bug"]

HEADER_PREFIX = "__churn.errors."
SCHEMA = "churn.events.v1"
"""The contract that the records were held against."""


class Rejection(Struct, kw_only=True, frozen=True):
    """Why a record was rejected: where it stood, its timestamp in ms, who rejected it.

    `reason` is a `RejectionReason` of the version that wrote the letter, maybe one that this version does not know.
    `front` is the highest offset that its partition had rejected when the letter was written, this one included.
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
_NUMBERS = {"partition", "offset", "timestamp", "front"}


def to_headers(rejection: Rejection) -> list[tuple[str, bytes]]:
    """The headers that a dead letter has beside those of the original record."""
    return [
        (HEADER_PREFIX + header, str(getattr(rejection, field)).encode("utf-8", "replace"))
        for field, header in _HEADER_OF.items()
    ]


def read_rejection(headers: Iterable[tuple[str, bytes | None]]) -> Rejection | None:
    """What a record's headers say of its rejection; None for a record that is no dead letter.

    Of a header that occurs twice the last counts: the original record may have been a dead letter itself.
    """
    found = {
        name.removeprefix(HEADER_PREFIX): value or b"" for name, value in headers if name.startswith(HEADER_PREFIX)
    }
    if not found.keys() >= set(HEADERS):
        return None
    texts = {field: found[header].decode("utf-8", "replace") for field, header in _HEADER_OF.items()}
    try:
        numbers = {field: int(texts[field]) for field in _NUMBERS}
    except ValueError:
        return None
    return Rejection(**{**texts, **numbers})  # type: ignore[arg-type]  # the numbers were taken out of the texts


def own_headers(headers: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The headers that the original record came with."""
    return [(name, value) for name, value in headers if not name.startswith(HEADER_PREFIX)]
