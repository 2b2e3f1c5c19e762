"""Finds the records that follow a position without a hole."""

from collections.abc import Sequence

from stream_app.core.log import LogRecord


def contiguous(records: Sequence[LogRecord], position: int) -> Sequence[LogRecord]:
    """The records from the position up to the first hole; offsets rise, so as many as they span have none."""
    if records[-1].offset - records[0].offset == len(records) - 1 and records[0].offset <= position:
        return records[position - records[0].offset :]
    first = next((i for i, record in enumerate(records) if record.offset >= position), len(records))
    end = first
    while end < len(records) and records[end].offset == position + end - first:
        end += 1
    return records[first:end]
