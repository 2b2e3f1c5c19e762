"""Dead letters with what their headers say, and what is read of them, for every form of the log of decisions."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from schemas.dead_letters import SCHEMA, Rejection, to_headers
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import LogRecord, PlainRecord


class LetterOrigin(NamedTuple):
    """Where the rejected records stand, and which version rejects them."""

    topic: str
    partition: int
    app_version: str


Headers = list[tuple[str, bytes]]
_LONGEST_MESSAGE = 4096


LARGEST_WHOLE = 3 << 19
"""A record with more bytes than these is kept in part: the topic takes 2 MiB, headers of ours included."""
HEAD = 64 * 1024
"""So many bytes of the key, of the value and of the own headers are kept then, at most."""


def addressed(
    letters: Sequence[DeadLetter],
    front: int,
    session: str,
    source: LetterOrigin,
    now_ms: int | None = None,
    largest: int = LARGEST_WHOLE,
) -> Iterator[tuple[PlainRecord, Headers]]:
    """What is kept of each record, dated at most `now_ms`, with its own headers and then why it was rejected.

    `front` is the highest offset before.
    """
    for letter in letters:
        record = letter.record
        front = max(front, record.offset)
        whole = _bytes_of(record) <= largest
        value = record.value or b""
        rejection = Rejection(
            topic=source.topic,
            partition=source.partition,
            offset=record.offset,
            timestamp=record.timestamp,
            reason=letter.reason,
            error=letter.error,
            message=letter.message[:_LONGEST_MESSAGE],
            app_version=source.app_version,
            schema=SCHEMA,
            session=session,
            front=front,
            size=None if whole else len(value),
            sha256=None if whole else sha256(value).hexdigest(),
        )
        kept = _kept(record, whole=whole, now_ms=now_ms)
        yield kept, [*kept.headers, *to_headers(rejection)]


def _bytes_of(record: LogRecord) -> int:
    of_headers = sum(len(name.encode()) + len(value or b"") for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + of_headers


def _kept(record: LogRecord, *, whole: bool, now_ms: int | None) -> PlainRecord:
    timestamp = record.timestamp if now_ms is None else min(record.timestamp, now_ms)
    if whole:
        return PlainRecord(record.offset, timestamp, record.key, record.value, record.headers)
    key, value = (text if text is None else bytes(text[:HEAD]) for text in (record.key, record.value))
    headers, room = [], HEAD
    for name, held in record.headers:
        room -= len(name.encode()) + len(held or b"")
        if room >= 0:
            headers.append((name, held))
    return PlainRecord(record.offset, timestamp, key, value, headers)


class Rejections:
    """What was rejected at or after an offset, gathered from letters, the newest first: `reasons` by offset, and the
    highest offset ever rejected, -1 for none."""

    def __init__(self, begin: int) -> None:
        self.reasons: dict[int, str] = {}
        self.front = -1
        self._begin = begin
        self._said: dict[str, str] = {}

    def add(self, letter: Rejection) -> bool:
        """Take note of a letter; whether an older one can still count."""
        self.front = max(self.front, letter.front)
        counts = letter.front >= self._begin
        if counts:
            self.reasons[letter.offset] = self._said.setdefault(letter.reason, letter.reason)
        return counts
