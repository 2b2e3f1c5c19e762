"""Reads a partition on from a position, without a hole."""

from collections.abc import Callable, Sequence

from stream_app.core.log import LogRecord
from stream_app.partition.effects import Effects, InspectLog, Receive, Seek, ask
from stream_app.partition.refusals import refuse_hole, refuse_other_log

_MOST_MISDELIVERED = 5
"""Records fetched before a seek may still arrive after it; so many times they are dropped."""


def read_on(
    position: int, anchor: int | None, partition: int, check: Callable[[], Effects[None]]
) -> Effects[Sequence[LogRecord]]:
    """Records from the position on; `check` is what to do while nothing comes."""
    misdelivered = 0
    while True:
        records = yield from ask(Receive())
        if not records:
            yield from check()
            continue
        found = _contiguous(records, position)
        end = position + len(found)
        ahead = records[-1].offset >= end
        misdelivered += ahead or not found
        if misdelivered > _MOST_MISDELIVERED:
            yield from _look_at_log(position, anchor, partition, end if ahead else None)
            misdelivered = 0
        if ahead:
            yield from ask(Seek(end))
        if found:
            return found


def _contiguous(records: Sequence[LogRecord], position: int) -> Sequence[LogRecord]:
    """The records from the position up to the first hole; offsets rise, so as many as they span have none."""
    if records[-1].offset - records[0].offset == len(records) - 1 and records[0].offset <= position:
        return records[position - records[0].offset :]
    first = next((i for i, record in enumerate(records) if record.offset >= position), len(records))
    end = first
    while end < len(records) and records[end].offset == position + end - first:
        end += 1
    return records[first:end]


def _look_at_log(position: int, anchor: int | None, partition: int, missing: int | None) -> Effects[None]:
    """The feed does not deliver what comes next. Raises if the log itself has changed, or has a hole there."""
    bounds = yield from ask(InspectLog(position))
    refuse_other_log(position, anchor, bounds, partition)
    if missing is not None:
        refuse_hole((yield from ask(InspectLog(missing + 1))), missing, partition)
