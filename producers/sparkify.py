"""Reads the activity logs of the Sparkify music service and makes canonical events of them.

A log is JSON lines with `ts` (ms), `userId` and `page`, and in its full width `sessionId`, `itemInSession` and more.
Each row of a user becomes one activity event. Lines that repeat exactly are different events: the id counts them.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from producers.line_files import numbered_lines
from schemas.errors import ContractViolation
from schemas.events import Activity, ActivityData
from schemas.instants import format_instant
from schemas.outgoing import OutgoingEvent

SOURCE: Final = "/sparkify"

_ID_DIGITS: Final = 24
_NOT_ALPHANUMERIC: Final = re.compile(r"[^a-z0-9]+")
_ACTION: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class SparkifyRow(msgspec.Struct, frozen=True):
    """The fields of a log line that matter here; a row of nobody has no `userId` or an empty one."""

    ts: int
    page: str
    userId: str | None = None  # noqa: N815
    sessionId: int | None = None  # noqa: N815
    itemInSession: int | None = None  # noqa: N815


_DECODER: Final = msgspec.json.Decoder(SparkifyRow)
_ENCODER: Final = msgspec.json.Encoder()


def read_log(path: Path) -> Iterator[OutgoingEvent | None]:
    """Every line of the log as an event, in the file's order; None stands for a row without a user.

    Keeps a count of every different row, to tell repeats apart. Raises ContractViolation with file and line number at
    the first line that is no row of such a log.
    """
    seen: Counter[bytes] = Counter()
    for number, line in numbered_lines(path):
        try:
            row = _DECODER.decode(line)
            yield _outgoing(row, row.userId, seen) if row.userId else None
        except (msgspec.DecodeError, ValueError, OverflowError) as error:
            raise ContractViolation(f"{path}:{number}: this line is no row of a Sparkify log: {error}") from error


@lru_cache(maxsize=1024)
def action(page: str) -> str:
    """The page's name as a slug: NextSong is next_song, "Thumbs Up" is thumbs_up. Raises ValueError if it has none."""
    words = _WORD_START.sub(" ", page).lower()
    slug = _NOT_ALPHANUMERIC.sub("_", words).strip("_")
    if not _ACTION.fullmatch(slug):
        raise ValueError(f"{page!r} cannot be the name of a page")
    return slug


def _outgoing(row: SparkifyRow, user: str, seen: Counter[bytes]) -> OutgoingEvent:
    time = format_instant(row.ts)
    event = Activity(
        specversion="1.0",
        id=_event_id(row, seen),
        source=SOURCE,
        time=time,
        recordedtime=time,
        subject=user,
        data=ActivityData(action=action(row.page), session_ref=_text(row.sessionId)),
    )
    return OutgoingEvent(user.encode(), _ENCODER.encode(event), row.ts)


def _event_id(row: SparkifyRow, seen: Counter[bytes]) -> str:
    identity = json.dumps([row.userId, row.sessionId, row.itemInSession, row.ts, row.page]).encode()
    occurrence = seen[identity]
    seen[identity] += 1
    return hashlib.sha256(b"%s#%d" % (identity, occurrence)).hexdigest()[:_ID_DIGITS]


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
