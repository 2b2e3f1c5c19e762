"""Blocks of records of which only the values matter, and looks into them."""

from collections.abc import Sequence

from stream_app.core.blocks import Block
from stream_app.core.intake.canonical import Spans, find
from stream_app.core.log import PlainRecord


def holding(values: Sequence[bytes | None]) -> Block:
    """Records with these values."""
    return Block.of(PlainRecord(offset, 0, None, value) for offset, value in enumerate(values))


def found_in(values: Sequence[bytes], measures: tuple[str, ...] = ()) -> Spans:
    """What is found in these values."""
    return find(holding(values), measures)
