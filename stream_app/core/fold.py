"""The fold: applies events to records one at a time, in log order, and reads one vector per event.

It reads as scalar code per user. Counts, sums and last-times do not depend on the order in which events arrive;
sessions do not either, as long as an event is at most the session lateness behind its user's clock.

The kernel is one file on purpose: numba's cache of a function does not notice a change in a file that it calls into.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

APPLIED, REPEATED, SEEN = 0, 1, 2
"""What became of an event: applied, dropped as a repeated id, or skipped as at or below the user's own last offset."""

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a loop over a batch; it lets other threads run."""
    compiled: Function = njit(cache=True, error_model="numpy", nogil=True)(function)
    return compiled


def part(function: Function) -> Function:
    """Compile a part of a kernel, inlined into it: a call would copy the plan's arrays."""
    compiled: Function = njit(cache=True, error_model="numpy", nogil=True, inline="always")(function)
    return compiled


_TILE_MS, _FIRST, _TILES, _SUMS = 0, 1, 2, 3
"""Columns of `Plan.rings`."""

COUNT, ACTIVE, SHARE, SINCE, MINUTES, EVENTS, MEAN, LATEST = range(8)
"""Operations of `Plan.operations`."""

Integers = NDArray[np.int64]

Record = Any
Array = Any
"""A record and an array as the kernel sees them: numba types them, mypy cannot."""


class Plan(NamedTuple):
    """The tables, all int64 unless said otherwise.

    rings            per ring: tile in ms, first tile, number of tiles, first value sum or -1; finest tiles first
    signal_rings     rings of signal s: signal_rings[signal_rings_from[s] : signal_rings_from[s + 1]]
    signal_last      per signal: its slot among the last-times, or -1
    signal_latest    per signal: its slot among the latest values, or -1
    pattern_signal   signals of pattern p: pattern_signal[pattern_from[p] : pattern_from[p + 1]]
    pattern_value    beside them their values, where pattern_own is 0; where it is 1 the event's own value counts
    pattern_churn    per pattern: 1 if it is the churn act
    operations       per feature: operation, first operand, number of operands, slot, parameter
    operands         per operand: ring, number of tiles
    weights          (float64) per decayed mean: weight of a tile by its age in tiles
    constants        activity and session signal, session gap and lateness in ms, ms of an hour and of a minute,
                     scale of values
    """

    rings: Integers
    signal_rings: Integers
    signal_rings_from: Integers
    signal_last: Integers
    signal_latest: Integers
    pattern_signal: Integers
    pattern_value: Integers
    pattern_own: Integers
    pattern_from: Integers
    pattern_churn: Integers
    operations: Integers
    operands: Integers
    weights: NDArray[np.float64]
    constants: Integers


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


def fold(records: NDArray[np.void], columns: Columns, plan: Plan) -> Folded:
    """Apply a batch to the records, in place, and read a vector after each event."""
    n = len(columns.slot)
    folded = Folded(
        outcome=np.zeros(n, np.uint8),
        late=np.zeros(n, np.uint8),
        churned=np.zeros(n, np.uint8),
        as_of=np.zeros(n, np.int64),
        first=np.zeros(n, np.int64),
        events=np.zeros(n, np.uint32),
        vectors=np.zeros((n, len(plan.operations)), np.float32),
    )
    _fold(records, columns, plan, folded)
    return folded


def read(records: NDArray[np.void], as_of_ms: NDArray[np.int64], plan: Plan) -> NDArray[np.float32]:
    """One vector per record as of a time at or after its clock, without changing it: what silence looks like."""
    vectors = np.zeros((len(records), len(plan.operations)), np.float32)
    _read(records, as_of_ms, plan, vectors)
    return vectors


@kernel
def _fold(records: Array, columns: Columns, plan: Plan, folded: Folded) -> None:
    for e in range(len(columns.slot)):
        record = records[columns.slot[e]]
        if columns.offset[e] < record.next_offset:
            folded.outcome[e] = SEEN
        elif _is_repeat(record, columns.id_hash[e]):
            folded.outcome[e] = REPEATED
        else:
            _remember(record, columns.id_hash[e])
            folded.late[e] = record.events > 0 and columns.time[e] < record.clock
            first, end = columns.row_from[e], columns.row_from[e + 1]
            churns = False
            for row in range(first, end):
                churns |= plan.pattern_churn[columns.pattern[row]] != 0
            if churns:
                record.churned = 1
            else:
                _apply(record, columns.time[e], columns.pattern[first:end], columns.value[first:end], plan)
            _read_out(record, record.clock, plan, folded.vectors[e])
        record.next_offset = max(record.next_offset, columns.offset[e] + 1)
        folded.churned[e] = record.churned
        folded.as_of[e] = record.clock
        folded.first[e] = record.first_time
        folded.events[e] = record.events


@kernel
def _read(records: Array, as_of_ms: Array, plan: Plan, vectors: Array) -> None:
    for i in range(len(records)):
        _read_out(records[i], as_of_ms[i], plan, vectors[i])


@part
def _is_repeat(record: Record, id_hash: int) -> bool:
    found = False
    for i in range(len(record.ids)):
        found |= record.ids[i] == id_hash
    return found


@part
def _remember(record: Record, id_hash: int) -> None:
    record.ids[record.next_id] = id_hash
    record.next_id = (record.next_id + 1) % len(record.ids)


@part
def _apply(record: Record, time: int, patterns: Array, values: Array, plan: Plan) -> None:
    """Count one event: move the clock, keep the session, raise the signals."""
    activity, session, gap, lateness = plan.constants[0], plan.constants[1], plan.constants[2], plan.constants[3]
    known = record.events > 0
    before = record.clock
    if not known or time > before:
        _advance(record, before, time, plan)
    if not known or time < record.first_time:
        record.first_time = time
    if not known or time >= before - lateness:
        _visit(record, time, before, known, session, gap, plan)
    if plan.signal_last[session] >= 0:
        record.last[plan.signal_last[session]] = record.session_start
    if record.events < 0xFFFFFFFF:
        record.events += 1
    _raise(record, activity, time, 1, plan)
    for row in range(len(patterns)):
        for i in range(plan.pattern_from[patterns[row]], plan.pattern_from[patterns[row] + 1]):
            value = values[row] if plan.pattern_own[i] else plan.pattern_value[i]
            _raise(record, plan.pattern_signal[i], time, value, plan)


@part
def _advance(record: Record, before: int, now: int, plan: Plan) -> None:
    """Move the user's clock: the slots that new tiles take over are emptied."""
    record.clock = now
    for r in range(len(plan.rings)):
        tile_ms, tiles, sums = plan.rings[r, _TILE_MS], plan.rings[r, _TILES], plan.rings[r, _SUMS]
        old, new = before // tile_ms, now // tile_ms
        if old == new:
            continue
        for tile in range(max(old, new - tiles) + 1, new + 1):
            record.tiles[plan.rings[r, _FIRST] + tile % tiles] = 0
            if sums >= 0:
                record.sums[sums + tile % tiles] = 0


@part
def _visit(record: Record, time: int, before: int, known: bool, session: int, gap: int, plan: Plan) -> None:
    """Put an event into its session. A late one may move the session's start, or bridge it with the session before."""
    if not known or time > before + gap:
        record.earlier_start, record.earlier_end = record.session_start, before
        record.earlier_events = record.session_events
        record.session_start, record.session_events = time, 1
        _raise(record, session, time, 1, plan)
        return
    record.session_events += 1
    if time >= record.session_start:
        return
    _take_back(record, session, record.session_start, plan)
    if record.earlier_events > 0 and time <= record.earlier_end + gap:
        record.session_start = record.earlier_start
        record.session_events += record.earlier_events
        record.earlier_events = 0
    else:
        record.session_start = time
        _raise(record, session, time, 1, plan)


@part
def _raise(record: Record, signal: int, time: int, value: int, plan: Plan) -> None:
    """Count a signal in each of its rings whose tile still exists; note its time and value where they are kept."""
    for i in range(plan.signal_rings_from[signal], plan.signal_rings_from[signal + 1]):
        r = plan.signal_rings[i]
        tile_ms, tiles, sums = plan.rings[r, _TILE_MS], plan.rings[r, _TILES], plan.rings[r, _SUMS]
        tile = time // tile_ms
        slot = tile % tiles
        count = plan.rings[r, _FIRST] + slot
        if tile <= record.clock // tile_ms - tiles or record.tiles[count] == 0xFFFF:
            continue
        record.tiles[count] += np.uint16(1)
        if sums >= 0:
            record.sums[sums + slot] += value
    last = plan.signal_last[signal]
    if last >= 0:
        record.last[last] = max(record.last[last], time)
    latest = plan.signal_latest[signal]
    if latest >= 0:
        held = record.latest_time[latest]
        if time > held or (time == held and value > record.latest_value[latest]):
            record.latest_time[latest] = time
            record.latest_value[latest] = value


@part
def _take_back(record: Record, signal: int, time: int, plan: Plan) -> None:
    """Uncount a signal that was raised at most the session lateness ago, so that its tile still exists."""
    for i in range(plan.signal_rings_from[signal], plan.signal_rings_from[signal + 1]):
        r = plan.signal_rings[i]
        slot = time // plan.rings[r, _TILE_MS] % plan.rings[r, _TILES]
        record.tiles[plan.rings[r, _FIRST] + slot] -= np.uint16(1)


@part
def _read_out(record: Record, as_of: int, plan: Plan, vector: Array) -> None:
    """Every feature as of a time at or after the user's clock, in float64, stored as float32."""
    gap, hour, minute, scale = plan.constants[2], plan.constants[4], plan.constants[5], plan.constants[6]
    in_session = record.events > 0 and as_of - record.clock <= gap
    for f in range(len(plan.operations)):
        operation, first, operands = plan.operations[f, 0], plan.operations[f, 1], plan.operations[f, 2]
        slot, parameter = plan.operations[f, 3], plan.operations[f, 4]
        result = 0.0
        if operation == COUNT:
            result = float(_count(record, as_of, first, False, plan))
        elif operation == ACTIVE:
            result = float(_count(record, as_of, first, True, plan))
        elif operation == SHARE:
            whole = 0
            for i in range(first + 1, first + operands):
                whole += _count(record, as_of, i, False, plan)
            if whole > 0:
                result = _count(record, as_of, first, False, plan) / whole
        elif operation == SINCE:
            result = float(parameter)
            if record.last[slot] > 0:
                result = min(result, (as_of - record.last[slot]) / hour)
        elif operation == MINUTES:
            if in_session:
                result = (record.clock - record.session_start) / minute
        elif operation == EVENTS:
            if in_session:
                result = float(record.session_events)
        elif operation == MEAN:
            result = _decayed_mean(record, as_of, first, plan.weights[slot], plan) / scale
        else:
            result = float(record.latest_value[slot]) if record.latest_time[slot] > 0 else float(parameter)
        vector[f] = result


@part
def _tiles_in(record: Record, as_of: int, operand: int, plan: Plan) -> tuple[int, int]:
    """The tiles of a window that exist: the oldest, and how many. Newer ones than the clock's hold nothing."""
    ring, window = plan.operands[operand, 0], plan.operands[operand, 1]
    tile_ms, tiles = plan.rings[ring, _TILE_MS], plan.rings[ring, _TILES]
    clock = record.clock // tile_ms
    oldest = max(as_of // tile_ms - window, clock - tiles) + 1
    return oldest, max(0, clock + 1 - oldest)


@part
def _count(record: Record, as_of: int, operand: int, distinct: bool, plan: Plan) -> int:
    """Sum of the tiles of a window, or (distinct) how many of them hold anything."""
    oldest, length = _tiles_in(record, as_of, operand, plan)
    ring = plan.operands[operand, 0]
    first, tiles = plan.rings[ring, _FIRST], plan.rings[ring, _TILES]
    slot = oldest % tiles
    total = 0
    for i in range(first + slot, first + min(slot + length, tiles)):
        total += min(record.tiles[i], 1) if distinct else record.tiles[i]
    for i in range(first, first + slot + length - tiles):
        total += min(record.tiles[i], 1) if distinct else record.tiles[i]
    return total


@part
def _decayed_mean(record: Record, as_of: int, operand: int, weights: Array, plan: Plan) -> float:
    """Weighted mean of a signal's values, summed from the oldest tile to the newest."""
    oldest, length = _tiles_in(record, as_of, operand, plan)
    ring = plan.operands[operand, 0]
    first, tiles, sums = plan.rings[ring, _FIRST], plan.rings[ring, _TILES], plan.rings[ring, _SUMS]
    age = as_of // plan.rings[ring, _TILE_MS] - oldest
    above, below = 0.0, 0.0
    for i in range(length):
        slot = (oldest + i) % tiles
        above += weights[age - i] * record.sums[sums + slot]
        below += weights[age - i] * record.tiles[first + slot]
    return above / below if below > 0.0 else 0.0
