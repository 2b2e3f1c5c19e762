"""The first door: canonical activity events, admitted from their bytes without an object for any of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_app.core.blocks import Block
from stream_app.core.intake.admission import admitted_times
from stream_app.core.intake.canonical import ACTION, ID, RECORDED, SOURCE, SUBJECT, TIME, Spans, find
from stream_app.core.intake.instants import NO_TIME, parse_at
from stream_app.core.quantities import ABSENT, BEYOND, Declared, all_quantised
from stream_app.core.tables import Bytes, Integers


class Found(NamedTuple):
    """What the first door says of every record of a batch; `times_ms` is NO_TIME where it says nothing.

    text         uint8  that of the block
    ids, sources, users, actions   int64 (2, records)  where in it each stands: its first byte and number of bytes
    measures     names of the columns of `units`: none if no record carries one
    units        int64  per record and measure: in the units that were declared, or ABSENT
    undeclared   bool   per record: whether it carries any other measure
    """

    text: Bytes
    ids: Integers
    sources: Integers
    users: Integers
    actions: Integers
    times_ms: Integers
    measures: tuple[str, ...]
    units: Integers
    undeclared: NDArray[np.bool_]


def admit_found(block: Block, declared: Declared) -> Found:
    """Look into the bytes of every record. What might not be admitted is left to the second door, which says why."""
    measures = tuple(declared.measures)
    spans = find(block, measures)
    times_ms = _times_of(spans, block)
    units = all_quantised(spans.measures, list(declared.measures.values()))
    times_ms[(units == BEYOND).any(axis=1)] = NO_TIME
    if (units == ABSENT).all():
        measures, units = (), units[:, :0]
    return Found(
        text=spans.text,
        ids=spans.places[:, ID],
        sources=spans.places[:, SOURCE],
        users=spans.places[:, SUBJECT],
        actions=spans.places[:, ACTION],
        times_ms=times_ms,
        measures=measures,
        units=units,
        undeclared=spans.undeclared,
    )


def _times_of(spans: Spans, block: Block) -> Integers:
    """When each record that was found happened; NO_TIME if it was not found, or might not be admitted."""
    claimed_ms = parse_at(spans.text, *spans.places[:, TIME])
    ingested_ms = parse_at(spans.text, *spans.places[:, RECORDED])
    unrecorded = spans.taken & (spans.places[1, RECORDED] == 0)
    ingested_ms[unrecorded] = block.timestamps[unrecorded]
    return admitted_times(claimed_ms, ingested_ms)
