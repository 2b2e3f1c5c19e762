"""Reads a partition on from a position, without a hole."""

from collections.abc import Callable

from stream_app.core.blocks import Block
from stream_app.partition.effects import Anchor, Effects, InspectLog, Receive, Seek, ask
from stream_app.partition.refusals import refuse_hole, refuse_other_log

_MOST_MISDELIVERED = 5
"""Records fetched before a seek may still arrive after it; so many times they are dropped."""


def read_on(position: int, anchor: Anchor | None, partition: int, check: Callable[[], Effects[None]]) -> Effects[Block]:
    """What stands from the position on, nothing missing; `check` is what to do while nothing comes."""
    misdelivered = 0
    while True:
        block = yield from ask(Receive())
        if block.begin == block.end:
            yield from check()
            continue
        end = block.missing_from(position) if block.begin <= position else position
        ahead = block.end > end
        misdelivered += ahead or end == position
        if misdelivered > _MOST_MISDELIVERED:
            yield from _look_at_log(position, anchor, partition, end if ahead else None)
            misdelivered = 0
        if ahead:
            yield from ask(Seek(end))
        if end > position:
            return block.between(position, end)


def _look_at_log(position: int, anchor: Anchor | None, partition: int, missing: int | None) -> Effects[None]:
    """The feed does not deliver what comes next. Raises if the log itself has changed, or has a hole there."""
    bounds = yield from ask(InspectLog(anchor.offset if anchor else None))
    refuse_other_log(position, anchor, bounds, partition)
    if missing is not None:
        refuse_hole((yield from ask(InspectLog(missing))), missing, partition)
