"""What the kernel walks and fills: a workload as tables, a batch of events as columns, and what became of it."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]

Tables = dict[str, NDArray[Any]]
"""Some of a plan's tables by name."""


class Plan(NamedTuple):
    """A compiled workload, all int64 unless said otherwise; the columns of tables with rows are named in `fold`.

    A cell is a place among the window counts of one read-out.

    grids            GridRow per length of tile
    windows          WindowRow per window of a grid, shortest first
    windows_from     windows of grid g: windows[windows_from[g] : windows_from[g + 1]]
    places           PlaceRow per signal and grid that counts it
    places_from      places of signal s: places[places_from[s] : places_from[s + 1]]
    signal_last      per signal: its slot among the last-times, or -1
    signal_latest    per signal: its slot among the latest values, or -1
    pattern_signal   signals of pattern p: pattern_signal[pattern_from[p] : pattern_from[p + 1]]
    pattern_value    beside them their values, where pattern_own is 0; where it is 1 the event's own value counts
    pattern_from     where each pattern's signals begin
    pattern_begins   per pattern: the wait that it begins, or -1
    pattern_ends     per pattern: the wait that it ends, or -1
    pattern_churn    per pattern: 1 if it is the churn act
    wait_signal      per wait: the signal that its end raises
    counts … derived rows of the kinds of features (`fold.READ_OUTS`)
    cells            cells that are summed
    operands         columns that others are made of
    reals            (float64) what stands for none
    weights          (float64) weights of a tile by its age in tiles
    constants        Constants
    """

    grids: Integers
    windows: Integers
    windows_from: Integers
    places: Integers
    places_from: Integers
    signal_last: Integers
    signal_latest: Integers
    pattern_signal: Integers
    pattern_value: Integers
    pattern_own: Integers
    pattern_from: Integers
    pattern_begins: Integers
    pattern_ends: Integers
    pattern_churn: Integers
    wait_signal: Integers
    counts: Integers
    actives: Integers
    shares: Integers
    sums: Integers
    mosts: Integers
    decays: Integers
    latests: Integers
    knowns: Integers
    categories: Integers
    seens: Integers
    sinces: Integers
    sessions: Integers
    derived: Integers
    cells: Integers
    operands: Integers
    reals: NDArray[np.float64]
    weights: NDArray[np.float64]
    constants: Integers

    def record(self) -> np.record:
        """The tables as one record, whose type holds their shapes: the kernel neither counts references to twenty
        arrays at each step, nor asks for their lengths."""
        tables = self._asdict()
        fields = [(name, table.dtype.str, table.shape) for name, table in tables.items()]
        records = np.zeros(1, np.dtype((np.record, fields)))
        for name, table in tables.items():
            records[name][0] = table
        record: np.record = records[0]
        return record


class Columns(NamedTuple):
    """A batch of events: one entry each, in log order; `row_from` has one more.

    slot        int64  index of the user's record
    time        int64  event time in ms, clamped to at most five minutes after the ingest time
    offset      int64  offset in the partition
    id_hash     uint32 hash of source and id, never 0
    row_from    int64  rows of event e: row_from[e] to row_from[e + 1]
    pattern     int64  per row: which signals it raises
    value       int64  per row: the event's own value
    """

    slot: NDArray[np.int64]
    time: NDArray[np.int64]
    offset: NDArray[np.int64]
    id_hash: NDArray[np.uint32]
    row_from: NDArray[np.int64]
    pattern: NDArray[np.int64]
    value: NDArray[np.int64]


class Folded(NamedTuple):
    """What the fold says of each event of a batch.

    outcome  uint8    APPLIED, REPEATED or SEEN
    late     uint8    1 where the event was behind its user's clock
    churned  uint8    1 where the user has churned, by this event or before
    as_of    int64    the user's clock after the event; the vector is as of then
    first    int64    the user's earliest event time so far
    events   uint32   how many of the user's events have been applied
    vectors  float32  one row per event, one column per feature; zero unless applied
    """

    outcome: NDArray[np.uint8]
    late: NDArray[np.uint8]
    churned: NDArray[np.uint8]
    as_of: NDArray[np.int64]
    first: NDArray[np.int64]
    events: NDArray[np.uint32]
    vectors: NDArray[np.float32]


def starts(rows: Sequence[Sequence[object]]) -> Integers:
    """Where each row begins when rows of different length stand in one flat table; last where the last one ends."""
    return np.array(list(accumulate((len(row) for row in rows), initial=0)), np.int64)


def table(rows: Sequence[tuple[int, ...]], row: type[Any]) -> Integers:
    """Rows of one type as a table, which has its columns even if it has no row."""
    return np.array(rows, np.int64).reshape(-1, len(row._fields))
