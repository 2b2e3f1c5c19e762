"""The fold: applies events to records one at a time, in log order, and reads one vector per event.

It reads as scalar code per user. Counts, sums and last-times do not depend on the order in which events arrive;
sessions do not either, as long as an event is at most the session lateness behind its user's clock. Waits are told in
log order.

The kernel is one file on purpose: numba's cache of a function does not notice a change in a file that it calls into.
"""

import numpy as np
from numpy.typing import NDArray

from stream_app.core.kernels import Array, Record, kernel, piece
from stream_app.core.tables import Columns, Folded

APPLIED, REPEATED, SEEN = 0, 1, 2
"""What became of an event: applied, dropped as a repeated id, or skipped as at or below the user's own last offset."""

_FULL_TILE = 0xFFFF
_LANE, _ONE = np.uint64(_FULL_TILE), np.uint64(1)
_EVEN_LANES, _TILE_BITS = np.uint64(0x0000FFFF0000FFFF), np.uint64(16)
_LOW, _LOW_BITS = np.uint64(0xFFFFFFFF), np.uint64(32)
"""Tiles are 16-bit lanes of 64-bit words. Even and odd lanes are added up apart, with room for 65,536 rows each."""

_TILE_MS, _TILES, _FIRST, _WORDS, _SUMS, _SUMMED = range(6)
"""Columns of `Plan.grids`."""
_ACTIVITY, _SESSION, _GAP, _LATENESS, _HOUR, _MINUTE, _SCALE, _LONGEST_WAIT, _FEATURES, _CELLS = range(10)
"""Places in `Plan.constants`."""


def fold(records: NDArray[np.void], columns: Columns, plan: Record) -> Folded:
    """Apply a batch to the records, in place, and read a vector after each event."""
    n = len(columns.slot)
    folded = Folded(
        outcome=np.zeros(n, np.uint8),
        late=np.zeros(n, np.uint8),
        churned=np.zeros(n, np.uint8),
        as_of=np.zeros(n, np.int64),
        first=np.zeros(n, np.int64),
        events=np.zeros(n, np.uint32),
        vectors=np.zeros((n, plan.constants[_FEATURES]), np.float32),
    )
    _fold(records, columns, plan, folded)
    return folded


def read(records: NDArray[np.void], as_of_ms: NDArray[np.int64], plan: Record) -> NDArray[np.float32]:
    """One vector per record as of a time at or after its clock, without changing it: what silence looks like."""
    vectors = np.zeros((len(records), plan.constants[_FEATURES]), np.float32)
    _read(records, as_of_ms, plan, vectors)
    return vectors


@kernel
def _fold(records: Array, columns: Columns, plan: Record, folded: Folded) -> None:
    at = np.zeros((len(plan.grids), 2), np.int64)
    counts = np.zeros(plan.constants[_CELLS], np.uint32)
    raised = np.zeros((_most_raised(columns, plan), 2), np.int64)
    for e in _by_user(columns.slot, len(records)):
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
                _apply(record, columns.time[e], columns.pattern[first:end], columns.value[first:end], at, raised, plan)
            _read_out(record, record.clock, counts, plan, folded.vectors[e])
        record.next_offset = max(record.next_offset, columns.offset[e] + 1)
        folded.churned[e] = record.churned
        folded.as_of[e] = record.clock
        folded.first[e] = record.first_time
        folded.events[e] = record.events


@kernel
def _most_raised(columns: Columns, plan: Record) -> int:
    """As many signals as one event of the batch raises at most."""
    rows = signals = 0
    for e in range(len(columns.slot)):
        rows = max(rows, columns.row_from[e + 1] - columns.row_from[e])
    for pattern in range(len(plan.pattern_churn)):
        signals = max(signals, plan.pattern_from[pattern + 1] - plan.pattern_from[pattern])
    return 2 + rows * (signals + 1)


@kernel
def _by_user(slot: Array, users: int) -> Array:
    """The events user by user, each user's in log order: a state is then fetched from memory once a batch."""
    begin = np.zeros(users + 1, np.int64)
    for e in range(len(slot)):
        begin[slot[e] + 1] += 1
    for user in range(users):
        begin[user + 1] += begin[user]
    order = np.empty(len(slot), np.int64)
    for e in range(len(slot)):
        order[begin[slot[e]]] = e
        begin[slot[e]] += 1
    return order


@kernel
def _read(records: Array, as_of_ms: Array, plan: Record, vectors: Array) -> None:
    counts = np.zeros(plan.constants[_CELLS], np.uint32)
    for i in range(len(records)):
        _read_out(records[i], as_of_ms[i], counts, plan, vectors[i])


@piece
def _is_repeat(record: Record, id_hash: int) -> bool:
    found = False
    for i in range(len(record.ids)):
        found |= record.ids[i] == id_hash
    return found


@piece
def _remember(record: Record, id_hash: int) -> None:
    place = record.next_id % len(record.ids)
    record.ids[place] = id_hash
    record.next_id = (place + 1) % len(record.ids)


@piece
def _apply(record: Record, time: int, patterns: Array, values: Array, at: Array, raised: Array, plan: Record) -> None:
    """Count one event: move the clock, keep the session, end and begin waits, raise the signals.

    What it raises is noted first and counted in one place: compiled four times over, the counting is slow.
    """
    session = plan.constants[_SESSION]
    known = record.events > 0
    before = record.clock
    _place(time, at, plan)
    if not known or time > before:
        _advance(record, before, time, at, plan)
    if not known or time < record.first_time:
        record.first_time = time
    if record.events < 0xFFFFFFFF:
        record.events += 1
    raised[0, 0], raised[0, 1] = plan.constants[_ACTIVITY], 1
    raised[1, 0], raised[1, 1] = session, 1
    n = 1
    if not known or time >= before - plan.constants[_LATENESS]:
        n += _visit(record, time, before, known, plan)
    if plan.signal_last[session] >= 0:
        record.last[plan.signal_last[session]] = record.session_start
    for row in range(len(patterns)):
        pattern = patterns[row]
        wait = plan.pattern_ends[pattern]
        if wait >= 0:
            record.answered[wait] = max(record.answered[wait], time)
            if 0 < record.waiting[wait] <= time:
                raised[n, 0], raised[n, 1] = plan.wait_signal[wait], _waited(record, wait, time, plan)
                n += 1
        wait = plan.pattern_begins[pattern]
        if wait >= 0 and time > record.answered[wait] and (record.waiting[wait] == 0 or time < record.waiting[wait]):
            record.waiting[wait] = time
        for i in range(plan.pattern_from[pattern], plan.pattern_from[pattern + 1]):
            raised[n, 0] = plan.pattern_signal[i]
            raised[n, 1] = values[row] if plan.pattern_own[i] else plan.pattern_value[i]
            n += 1
    for i in range(n):
        _raise(record, raised[i, 0], time, raised[i, 1], at, plan)


@piece
def _place(time: int, at: Array, plan: Record) -> None:
    """Note the event's tile in each grid, and the row that the tile has."""
    for g in range(len(plan.grids)):
        tile = time // plan.grids[g, _TILE_MS]
        at[g, 0] = tile
        at[g, 1] = tile % plan.grids[g, _TILES]


@piece
def _advance(record: Record, before: int, now: int, at: Array, plan: Record) -> None:
    """Move the user's clock: the rows that new tiles take over are emptied."""
    record.clock = now
    for g in range(len(plan.grids)):
        tile_ms, tiles, new = plan.grids[g, _TILE_MS], plan.grids[g, _TILES], at[g, 0]
        if before >= new * tile_ms:
            continue
        words, summed = plan.grids[g, _WORDS], plan.grids[g, _SUMMED]
        row = at[g, 1]
        for _ in range(min(new - before // tile_ms, tiles)):
            first, sums = plan.grids[g, _FIRST] + row * words, plan.grids[g, _SUMS] + row * summed
            for i in range(first, first + words):
                record.tiles[i] = 0
            for i in range(sums, sums + summed):
                record.sums[i] = 0
            row = row - 1 if row > 0 else tiles - 1


@piece
def _visit(record: Record, time: int, before: int, known: bool, plan: Record) -> int:
    """Put an event into its session; 1 if it begins one. A late one may move the session's start, or bridge it with
    the session before."""
    begins = not known or time > before + plan.constants[_GAP]
    if begins:
        record.earlier_start, record.earlier_end = record.session_start, before
        record.earlier_events = record.session_events
        record.session_start, record.session_events = time, 1
    else:
        record.session_events += 1
        if time < record.session_start:
            _take_back(record, plan.constants[_SESSION], record.session_start, plan)
            begins = record.earlier_events == 0 or time > record.earlier_end + plan.constants[_GAP]
            if begins:
                record.session_start = time
            else:
                record.session_start = record.earlier_start
                record.session_events += record.earlier_events
                record.earlier_events = 0
    return 1 if begins else 0


@piece
def _waited(record: Record, wait: int, time: int, plan: Record) -> int:
    """End a wait; how long it was in minutes, scaled."""
    waited: int = min(time - record.waiting[wait], plan.constants[_LONGEST_WAIT])
    record.waiting[wait] = 0
    minutes: int = waited * plan.constants[_SCALE] // plan.constants[_MINUTE]
    return minutes


@piece
def _raise(record: Record, signal: int, time: int, value: int, at: Array, plan: Record) -> None:
    """Count a signal in each grid whose tile still exists; note its time and value where they are kept."""
    for i in range(plan.places_from[signal], plan.places_from[signal + 1]):
        grid, bits, summed = plan.places[i, 0], np.uint64(plan.places[i, 2]), plan.places[i, 3]
        tile, row = at[grid, 0], at[grid, 1]
        word = plan.grids[grid, _FIRST] + row * plan.grids[grid, _WORDS] + plan.places[i, 1]
        gone = record.clock >= (tile + plan.grids[grid, _TILES]) * plan.grids[grid, _TILE_MS]
        if gone or record.tiles[word] >> bits & _LANE == _LANE:
            continue
        record.tiles[word] += _ONE << bits
        if summed >= 0:
            record.sums[plan.grids[grid, _SUMS] + row * plan.grids[grid, _SUMMED] + summed] += value
    last = plan.signal_last[signal]
    if last >= 0:
        record.last[last] = max(record.last[last], time)
    latest = plan.signal_latest[signal]
    if latest >= 0:
        held = record.latest_time[latest]
        if time > held or (time == held and value > record.latest_value[latest]):
            record.latest_time[latest] = time
            record.latest_value[latest] = value


@piece
def _take_back(record: Record, signal: int, time: int, plan: Record) -> None:
    """Uncount a signal that was raised at most the session lateness ago, so that its tile still exists."""
    for i in range(plan.places_from[signal], plan.places_from[signal + 1]):
        grid, bits = plan.places[i, 0], np.uint64(plan.places[i, 2])
        row = time // plan.grids[grid, _TILE_MS] % plan.grids[grid, _TILES]
        record.tiles[plan.grids[grid, _FIRST] + row * plan.grids[grid, _WORDS] + plan.places[i, 1]] -= _ONE << bits


@piece
def _read_out(record: Record, as_of: int, counts: Array, plan: Record, vector: Array) -> None:
    """Every feature as of a time at or after the user's clock, in float64, stored as float32."""
    for g in range(len(plan.grids)):
        _count_windows(record, as_of, g, counts, plan)
    for i in range(len(plan.counts)):
        vector[plan.counts[i, 0]] = counts[plan.counts[i, 1]]
    for i in range(len(plan.actives)):
        vector[plan.actives[i, 0]] = _active_tiles(record, as_of, i, plan)
    for i in range(len(plan.shares)):
        whole = 0
        for cell in range(plan.shares[i, 2], plan.shares[i, 3]):
            whole += counts[plan.whole_cells[cell]]
        vector[plan.shares[i, 0]] = counts[plan.shares[i, 1]] / whole if whole > 0 else 0.0
    seen = as_of - record.first_time if record.events > 0 else 0
    for i in range(len(plan.seens)):
        vector[plan.seens[i, 0]] = min(float(plan.seens[i, 1]), seen / plan.constants[_HOUR])
    for i in range(len(plan.sinces)):
        since, cap = record.last[plan.sinces[i, 1]], float(plan.sinces[i, 2])
        vector[plan.sinces[i, 0]] = min(cap, (as_of - since) / plan.constants[_HOUR]) if since > 0 else cap
    for i in range(len(plan.means)):
        known = counts[plan.means[i, 1]] > 0
        vector[plan.means[i, 0]] = _decayed_mean(record, as_of, i, plan) if known else 0.0
    for i in range(len(plan.latests)):
        slot = plan.latests[i, 1]
        vector[plan.latests[i, 0]] = record.latest_value[slot] if record.latest_time[slot] > 0 else plan.latests[i, 2]
    in_session = record.events > 0 and as_of - record.clock <= plan.constants[_GAP]
    for i in range(len(plan.sessions)):
        minutes = (record.clock - record.session_start) / plan.constants[_MINUTE]
        figure = minutes if plan.sessions[i, 1] == 0 else float(record.session_events)
        vector[plan.sessions[i, 0]] = figure if in_session else 0.0


@piece
def _count_windows(record: Record, as_of: int, grid: int, counts: Array, plan: Record) -> None:
    """The count of every signal in each window of a grid."""
    tiles, words, first = plan.grids[grid, _TILES], plan.grids[grid, _WORDS], plan.grids[grid, _FIRST]
    for w in range(plan.windows_from[grid], plan.windows_from[grid + 1]):
        oldest, length = _rows_in(record, as_of, grid, plan.windows[w, 0], plan)
        until, over = first + min(oldest + length, tiles) * words, first + (oldest + length - tiles) * words
        for word in range(words):
            even = odd = np.uint64(0)
            for i in range(first + oldest * words + word, until, words):
                even += record.tiles[i] & _EVEN_LANES
                odd += record.tiles[i] >> _TILE_BITS & _EVEN_LANES
            for i in range(first + word, over, words):
                even += record.tiles[i] & _EVEN_LANES
                odd += record.tiles[i] >> _TILE_BITS & _EVEN_LANES
            cell = plan.windows[w, 1] + 4 * word
            counts[cell], counts[cell + 1] = even & _LOW, odd & _LOW
            counts[cell + 2], counts[cell + 3] = even >> _LOW_BITS, odd >> _LOW_BITS


@piece
def _rows_in(record: Record, as_of: int, grid: int, window: int, plan: Record) -> tuple[int, int]:
    """The row of a window's oldest tile that exists, and how many do. Newer ones than the clock's hold nothing."""
    tile_ms, tiles = plan.grids[grid, _TILE_MS], plan.grids[grid, _TILES]
    silent = 0 if as_of == record.clock else as_of // tile_ms - record.clock // tile_ms
    length = max(0, min(window - silent, tiles))
    return (0 if length == tiles else (record.clock // tile_ms - length + 1) % tiles), length


@piece
def _active_tiles(record: Record, as_of: int, active: int, plan: Record) -> int:
    """How many tiles of a window hold anything of a signal."""
    grid, bits = plan.actives[active, 1], np.uint64(plan.actives[active, 3])
    tiles, words = plan.grids[grid, _TILES], plan.grids[grid, _WORDS]
    oldest, length = _rows_in(record, as_of, grid, plan.actives[active, 4], plan)
    first, found = plan.grids[grid, _FIRST] + plan.actives[active, 2], 0
    for row in range(oldest, min(oldest + length, tiles)):
        found += record.tiles[first + row * words] >> bits & _LANE > 0
    for row in range(oldest + length - tiles):
        found += record.tiles[first + row * words] >> bits & _LANE > 0
    return found


@piece
def _decayed_mean(record: Record, as_of: int, mean: int, plan: Record) -> float:
    """Weighted mean of a signal's values, summed from the oldest tile to the newest."""
    grid, bits, summed = plan.means[mean, 2], np.uint64(plan.means[mean, 4]), plan.means[mean, 5]
    tile_ms, tiles, words = plan.grids[grid, _TILE_MS], plan.grids[grid, _TILES], plan.grids[grid, _WORDS]
    first = plan.grids[grid, _FIRST] + plan.means[mean, 3]
    clock = record.clock // tile_ms
    silent = as_of // tile_ms - clock
    above, below = 0.0, 0.0
    for age in range(min(plan.means[mean, 6] - silent, tiles) - 1, -1, -1):
        row = (clock - age) % tiles
        weight = plan.weights[mean, silent + age]
        above += weight * record.sums[plan.grids[grid, _SUMS] + row * plan.grids[grid, _SUMMED] + summed]
        below += weight * np.int64(record.tiles[first + row * words] >> bits & _LANE)
    return above / below / plan.constants[_SCALE] if below > 0.0 else 0.0
