"""Reads the activity logs of the Sparkify music service and makes canonical events of them.

A log is JSON lines with `ts` (ms), `userId` and `page`, and in its full width `sessionId`, `itemInSession` and more;
numbers may be written as text, whole ones with `.0`. Each row of a user becomes one activity event; rows of guests, and
of pages whose name has no letter to begin an action with, become none. Lines that repeat exactly are different events:
the id counts them.
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

from producers.line_faults import fault_of
from producers.line_files import numbered_lines
from producers.openings import name_of
from schemas.errors import ContractViolation
from schemas.events import Activity, ActivityData
from schemas.instants import format_instant
from schemas.outgoing import OutgoingEvent

SOURCE: Final = "/sparkify"

_ID_DIGITS: Final = 24
_EARLIEST_MS: Final = 946_684_800_000
_LATEST_MS: Final = 4_102_444_800_000
_UNITS: Final = {"ms": 1.0, "seconds": 1e-3, "microseconds": 1e3, "nanoseconds": 1e6}
_NOT_ALPHANUMERIC: Final = re.compile(r"[^a-z0-9]+")
_ACTION: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class SparkifyRow(msgspec.Struct, frozen=True):
    """The fields of a log line that matter here; a row of nobody has no `userId`, an empty one or a blank."""

    ts: int | float
    page: str
    userId: str | int | float | None = None  # noqa: N815
    sessionId: str | int | float | None = None  # noqa: N815
    itemInSession: str | int | float | None = None  # noqa: N815


_DECODER: Final = msgspec.json.Decoder(SparkifyRow)
_ENCODER: Final = msgspec.json.Encoder()


def read_log(path: Path, name: str = "") -> Iterator[OutgoingEvent | None]:
    """Every line of the log as an event, in the file's order; None stands for a row of which no event can be made.

    `name` is what messages call the file. Keeps a count of every different row, to tell repeats apart. Raises
    ContractViolation with file and line number at the first line that is no row of such a log.
    """
    seen: Counter[bytes] = Counter()
    for number, line in numbered_lines(path, name):
        try:
            yield _outgoing(_DECODER.decode(line), seen)
        except (msgspec.DecodeError, ValueError, OverflowError) as error:
            where, fault = f"{name or name_of(path)}:{number}", fault_of(line, number, error)
            raise ContractViolation(f"{where}: this line is no row of a Sparkify log: {fault}") from error


@lru_cache(maxsize=1024)
def action(page: str) -> str | None:
    """The page's name as a slug: NextSong is next_song, "Thumbs Up" is thumbs_up; None if it has none."""
    words = _WORD_START.sub(" ", page).lower()
    slug = _NOT_ALPHANUMERIC.sub("_", words).strip("_")
    return slug if _ACTION.fullmatch(slug) else None


def _outgoing(row: SparkifyRow, seen: Counter[bytes]) -> OutgoingEvent | None:
    user, slug = _text(row.userId), action(row.page)
    if user is None or not user.strip() or slug is None:
        return None
    ts_ms = _in_ms(row.ts)
    time = format_instant(ts_ms)
    event = Activity(
        specversion="1.0",
        id=_event_id(user, row, ts_ms, seen),
        source=SOURCE,
        time=time,
        recordedtime=time,
        subject=user,
        data=ActivityData(action=slug, session_ref=_text(row.sessionId)),
    )
    return OutgoingEvent(user.encode(), _ENCODER.encode(event), ts_ms)


def _in_ms(ts: int | float) -> int:
    """Raises ValueError for a time that is none in ms, and says which unit it would be one in."""
    for unit, in_a_ms in _UNITS.items():
        if _EARLIEST_MS <= ts / in_a_ms < _LATEST_MS:
            if unit == "ms":
                return int(ts)
            raise ValueError(f"`ts` is {ts}, which is a time in {unit}, and ms since 1970 are wanted")
    raise ValueError(f"`ts` is {ts}, and ms since 1970 are wanted, of a time between 2000 and 2100")


def _event_id(user: str, row: SparkifyRow, ts_ms: int, seen: Counter[bytes]) -> str:
    identity = json.dumps([user, _whole(row.sessionId), _whole(row.itemInSession), ts_ms, row.page]).encode()
    occurrence = seen[identity]
    seen[identity] += 1
    return hashlib.sha256(b"%s#%d" % (identity, occurrence)).hexdigest()[:_ID_DIGITS]


def _whole(number: str | int | float | None) -> str | int | float | None:
    """pandas writes whole numbers as 10.0 where a column has gaps."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _text(number: str | int | float | None) -> str | None:
    return None if number is None else str(_whole(number))
