"""Dead letters with what their headers say, and what was read of decisions, for every form of the log of decisions."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from schemas.alerts import Alert
from schemas.dead_letters import SCHEMA, Rejection, to_headers
from stream_app.core.engine import Recorded
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import LogRecord, PlainRecord
from stream_app.partition.effects import Decisions


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


def decisions(alerts: Sequence[Alert], position: int, letters: Sequence[Rejection], rejected_from: int) -> Decisions:
    """What a look back came to: the newest first, down to one whose front lies below what was asked for."""
    recorded = {alert.data.src.offset: alert for alert in alerts if alert.data.front >= position}
    rejected = {one.offset: one.reason for one in letters if one.front >= rejected_from}
    alert_front = max((alert.data.front for alert in alerts), default=-1)
    return Decisions(Recorded(recorded, alert_front), rejected, max((one.front for one in letters), default=-1))
