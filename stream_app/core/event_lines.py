"""Lines of events as the log of a single partition, for whoever folds them offline."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from schemas.errors import Poison
from schemas.instants import parse_instant
from schemas.values import decode_record
from stream_app.core.log import PlainRecord

CHUNK = 4000


class _Head(msgspec.Struct):
    time: str
    recordedtime: str | None = None
    subject: str | None = None


_decoder = msgspec.json.Decoder(_Head)


class EventLines:
    """One structured CloudEvent a line. What has been read is counted and hashed, so that a model can say its source.

    A record's offset is the number of its line from 0, its key the subject, its time of sending the event's
    `recordedtime` or else its own time; 0 where the line does not say, which the intake then rejects.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.count = 0
        self._lines = iter(lines)
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """SHA-256 of the lines read so far, each with a line feed behind it: that of an unpacked event file."""
        return self._hash.hexdigest()

    def chunks(self) -> Iterator[list[PlainRecord]]:
        """The records in order, up to 4,000 at a time."""
        while chunk := list(islice(self._lines, CHUNK)):
            self._hash.update(b"\n".join([*chunk, b""]))
            yield [_record(self.count + index, line) for index, line in enumerate(chunk)]
            self.count += len(chunk)


def _record(offset: int, line: bytes) -> PlainRecord:
    try:
        head = _head(line)
        sent_ms = parse_instant(head.recordedtime or head.time)
    except (ValueError, Poison):
        return PlainRecord(offset, 0, None, line)
    return PlainRecord(offset, sent_ms, head.subject.encode() if head.subject else None, line)


def _head(line: bytes) -> _Head:
    """What a line says of itself; one with half an emoji in it is for the reader of whole records."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        whole = decode_record(line)
        return _Head(whole.time, whole.recordedtime, whole.subject)
