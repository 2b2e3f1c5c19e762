"""The fold: applies events to records one at a time, in log order, and reads one vector per event.

It reads as scalar code per user. Counts, sums and last-times do not depend on the order in which events arrive;
sessions do not either, as long as an event is at most the session lateness behind its user's clock. Waits are told in
log order.

The kernel is one file on purpose: numba's cache of a function does not notice a change in a file that it calls into.
"""

from collections import namedtuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_app.core.kernels import Array, NumbaRecord, kernel, piece
from stream_app.core.tables import Columns, Folded

APPLIED, REPEATED, SEEN = 0, 1, 2
"""What became of an event: applied, dropped as a repeated id, or skipped as at or below the user's own last offset."""

_FULL_TILE = 0xFFFF
_LANE, _ONE = np.uint64(_FULL_TILE), np.uint64(1)
_EVEN_LANES, _TILE_BITS = np.uint64(0x0000FFFF0000FFFF), np.uint64(16)
_LOW, _LOW_BITS = np.uint64(0xFFFFFFFF), np.uint64(32)
"""Tiles are 16-bit lanes of 64-bit words. Even and odd lanes are added up apart, with room for 65,536 rows each."""

GridRow = namedtuple("GridRow", "tile_ms tiles first words sums summed mosts most")
"""All tiles of one length: first word and words of a row, first sum and sums, first and number of largest values."""
WindowRow = namedtuple("WindowRow", "tiles cell")
PlaceRow = namedtuple("PlaceRow", "grid word bits summed most")
"""A grid that counts a signal: word and bits in its rows, sum and largest value in them or -1."""
CountRow = namedtuple("CountRow", "column cell")
ActiveRow = namedtuple("ActiveRow", "column grid word bits tiles")
ShareRow = namedtuple("ShareRow", "column part first end")
"""The cell of the part, first and end among the cells of the whole."""
SumRow = namedtuple("SumRow", "column cell grid summed tiles scale real")
"""A sum, or a mean where `cell` is that of the count; `real`, here and below, is the place of what stands for none."""
MostRow = namedtuple("MostRow", "column grid word bits most tiles scale real")
DecayRow = namedtuple("DecayRow", "column cell grid word bits summed tiles scale weights")
LatestRow = namedtuple("LatestRow", "column slot scale real")
KnownRow = namedtuple("KnownRow", "column slot")
CategoryRow = namedtuple("CategoryRow", "column slot columns")
"""`column` is the first of so many `columns`, one for each value from 0."""
SeenRow = namedtuple("SeenRow", "column cap_hours")
SinceRow = namedtuple("SinceRow", "column slot cap_hours")
SessionRow = namedtuple("SessionRow", "column figure")
DerivedRow = namedtuple("DerivedRow", "column made first end real")
"""First and end among the operands."""
Constants = namedtuple("Constants", "activity session gap lateness hour minute wait_scale longest_wait columns cells")
"""Two signals, four times in ms, the scale of waits in minutes, the longest wait in ms, two numbers."""

READ_OUTS = {
    "counts": CountRow,
    "actives": ActiveRow,
    "shares": ShareRow,
    "sums": SumRow,
    "mosts": MostRow,
    "decays": DecayRow,
    "latests": LatestRow,
    "knowns": KnownRow,
    "categories": CategoryRow,
    "seens": SeenRow,
    "sinces": SinceRow,
    "sessions": SessionRow,
    "derived": DerivedRow,
}
"""The table of the plan that rows of a type stand in."""

NO_CELL = -1
SESSION_MINUTES, SESSION_EVENTS = 0, 1
RATIO, DIFFERENCE, TOTAL = 0, 1, 2


def _places(row: Any) -> Any:  # noqa: ANN401 - a named tuple
    """Of each of its columns the place."""
    return row._make(range(len(row._fields)))


_GRID, _WINDOW, _PLACE = _places(GridRow), _places(WindowRow), _places(PlaceRow)
_COUNT, _ACTIVE, _SHARE, _SUM = _places(CountRow), _places(ActiveRow), _places(ShareRow), _places(SumRow)
_MOST, _DECAY, _LATEST, _KNOWN = _places(MostRow), _places(DecayRow), _places(LatestRow), _places(KnownRow)
_CATEGORY, _SEEN, _SINCE = _places(CategoryRow), _places(SeenRow), _places(SinceRow)
_FIGURE, _DERIVED, _IS = _places(SessionRow), _places(DerivedRow), _places(Constants)


def fold(records: NDArray[np.void], columns: Columns, plan: NumbaRecord) -> Folded:
    """Apply a batch to the records, in place, and read a vector after each event."""
    n = len(columns.slot)
    folded = Folded(
        outcome=np.zeros(n, np.uint8),
        late=np.zeros(n, np.uint8),
        churned=np.zeros(n, np.uint8),
        as_of=np.zeros(n, np.int64),
        first=np.zeros(n, np.int64),
        events=np.zeros(n, np.uint32),
        vectors=np.zeros((n, plan.constants[_IS.columns]), np.float32),
    )
    _fold(records, columns, plan, folded)
    return folded


def read(records: NDArray[np.void], as_of_ms: NDArray[np.int64], plan: NumbaRecord) -> NDArray[np.float32]:
    """One vector per record as of a time at or after its clock, without changing it: what silence looks like."""
    vectors = np.zeros((len(records), plan.constants[_IS.columns]), np.float32)
    _read(records, as_of_ms, plan, vectors)
    return vectors


@kernel
def _fold(records: Array, columns: Columns, plan: NumbaRecord, folded: Folded) -> None:
    at = np.zeros((len(plan.grids), 2), np.int64)
    counts = np.zeros(plan.constants[_IS.cells], np.uint32)
    figures = np.zeros(plan.constants[_IS.columns], np.float64)
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
            _read_out(record, record.clock, counts, figures, plan, folded.vectors[e])
        record.next_offset = max(record.next_offset, columns.offset[e] + 1)
        folded.churned[e] = record.churned
        folded.as_of[e] = record.clock
        folded.first[e] = record.first_time
        folded.events[e] = record.events


@kernel
def _most_raised(columns: Columns, plan: NumbaRecord) -> int:
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
def _read(records: Array, as_of_ms: Array, plan: NumbaRecord, vectors: Array) -> None:
    counts = np.zeros(plan.constants[_IS.cells], np.uint32)
    figures = np.zeros(plan.constants[_IS.columns], np.float64)
    for i in range(len(records)):
        _read_out(records[i], as_of_ms[i], counts, figures, plan, vectors[i])


@piece
def _is_repeat(record: NumbaRecord, id_hash: int) -> bool:
    found = False
    for i in range(len(record.ids)):
        found |= record.ids[i] == id_hash
    return found


@piece
def _remember(record: NumbaRecord, id_hash: int) -> None:
    place = record.next_id % len(record.ids)
    record.ids[place] = id_hash
    record.next_id = (place + 1) % len(record.ids)


@piece
def _apply(
    record: NumbaRecord, time: int, patterns: Array, values: Array, at: Array, raised: Array, plan: NumbaRecord
) -> None:
    """Count one event: move the clock, keep the session, end and begin waits, raise the signals.

    What it raises is noted first and counted in one place: compiled four times over, the counting is slow.
    """
    session = plan.constants[_IS.session]
    known = record.events > 0
    before = record.clock
    _place(time, at, plan)
    if not known or time > before:
        _advance(record, before, time, at, plan)
    if not known or time < record.first_time:
        record.first_time = time
    if record.events < 0xFFFFFFFF:
        record.events += 1
    raised[0, 0], raised[0, 1] = plan.constants[_IS.activity], 1
    raised[1, 0], raised[1, 1] = session, 1
    n = 1
    if not known or time >= before - plan.constants[_IS.lateness]:
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
def _place(time: int, at: Array, plan: NumbaRecord) -> None:
    """Note the event's tile in each grid, and the row that the tile has."""
    for g in range(len(plan.grids)):
        tile = time // plan.grids[g, _GRID.tile_ms]
        at[g, 0] = tile
        at[g, 1] = tile % plan.grids[g, _GRID.tiles]


@piece
def _advance(record: NumbaRecord, before: int, now: int, at: Array, plan: NumbaRecord) -> None:
    """Move the user's clock: the rows that new tiles take over are emptied."""
    record.clock = now
    for g in range(len(plan.grids)):
        tile_ms, tiles, new = plan.grids[g, _GRID.tile_ms], plan.grids[g, _GRID.tiles], at[g, 0]
        if before >= new * tile_ms:
            continue
        words, summed, most = plan.grids[g, _GRID.words], plan.grids[g, _GRID.summed], plan.grids[g, _GRID.most]
        row = at[g, 1]
        for _ in range(min(new - before // tile_ms, tiles)):
            first, sums = plan.grids[g, _GRID.first] + row * words, plan.grids[g, _GRID.sums] + row * summed
            mosts = plan.grids[g, _GRID.mosts] + row * most
            for i in range(first, first + words):
                record.tiles[i] = 0
            for i in range(sums, sums + summed):
                record.sums[i] = 0
            for i in range(mosts, mosts + most):
                record.mosts[i] = 0
            row = row - 1 if row > 0 else tiles - 1


@piece
def _visit(record: NumbaRecord, time: int, before: int, known: bool, plan: NumbaRecord) -> int:
    """Put an event into its session; 1 if it begins one. A late one may move the session's start, or bridge it with
    the session before."""
    begins = not known or time > before + plan.constants[_IS.gap]
    if begins:
        record.earlier_start, record.earlier_end = record.session_start, before
        record.earlier_events = record.session_events
        record.session_start, record.session_events = time, 1
    else:
        record.session_events += 1
        if time < record.session_start:
            _take_back(record, plan.constants[_IS.session], record.session_start, plan)
            begins = record.earlier_events == 0 or time > record.earlier_end + plan.constants[_IS.gap]
            if begins:
                record.session_start = time
            else:
                record.session_start = record.earlier_start
                record.session_events += record.earlier_events
                record.earlier_events = 0
    return 1 if begins else 0


@piece
def _waited(record: NumbaRecord, wait: int, time: int, plan: NumbaRecord) -> int:
    """End a wait; how long it was in minutes, scaled."""
    waited: int = min(time - record.waiting[wait], plan.constants[_IS.longest_wait])
    record.waiting[wait] = 0
    minutes: int = waited * plan.constants[_IS.wait_scale] // plan.constants[_IS.minute]
    return minutes


@piece
def _raise(record: NumbaRecord, signal: int, time: int, value: int, at: Array, plan: NumbaRecord) -> None:
    """Count a signal in each grid whose tile still exists; note its time and value where they are kept."""
    for i in range(plan.places_from[signal], plan.places_from[signal + 1]):
        grid, bits = plan.places[i, _PLACE.grid], np.uint64(plan.places[i, _PLACE.bits])
        tile, row = at[grid, 0], at[grid, 1]
        word = plan.grids[grid, _GRID.first] + row * plan.grids[grid, _GRID.words] + plan.places[i, _PLACE.word]
        gone = record.clock >= (tile + plan.grids[grid, _GRID.tiles]) * plan.grids[grid, _GRID.tile_ms]
        if gone or record.tiles[word] >> bits & _LANE == _LANE:
            continue
        most = plan.places[i, _PLACE.most]
        if most >= 0:
            place = plan.grids[grid, _GRID.mosts] + row * plan.grids[grid, _GRID.most] + most
            held = record.tiles[word] >> bits & _LANE > 0
            record.mosts[place] = max(record.mosts[place], value) if held else value
        record.tiles[word] += _ONE << bits
        summed = plan.places[i, _PLACE.summed]
        if summed >= 0:
            record.sums[plan.grids[grid, _GRID.sums] + row * plan.grids[grid, _GRID.summed] + summed] += value
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
def _take_back(record: NumbaRecord, signal: int, time: int, plan: NumbaRecord) -> None:
    """Uncount a signal that was raised at most the session lateness ago, so that its tile still exists."""
    for i in range(plan.places_from[signal], plan.places_from[signal + 1]):
        grid, bits = plan.places[i, _PLACE.grid], np.uint64(plan.places[i, _PLACE.bits])
        row = time // plan.grids[grid, _GRID.tile_ms] % plan.grids[grid, _GRID.tiles]
        word = plan.grids[grid, _GRID.first] + row * plan.grids[grid, _GRID.words] + plan.places[i, _PLACE.word]
        record.tiles[word] -= _ONE << bits


@piece
def _read_out(record: NumbaRecord, as_of: int, counts: Array, figures: Array, plan: NumbaRecord, vector: Array) -> None:
    """Every feature as of a time at or after the user's clock, in float64, stored as float32."""
    for g in range(len(plan.grids)):
        _count_windows(record, as_of, g, counts, plan)
    for i in range(len(plan.counts)):
        figures[plan.counts[i, _COUNT.column]] = counts[plan.counts[i, _COUNT.cell]]
    for i in range(len(plan.actives)):
        figures[plan.actives[i, _ACTIVE.column]] = _active_tiles(record, as_of, i, plan)
    for i in range(len(plan.shares)):
        whole = 0
        for cell in range(plan.shares[i, _SHARE.first], plan.shares[i, _SHARE.end]):
            whole += counts[plan.cells[cell]]
        part = counts[plan.shares[i, _SHARE.part]]
        figures[plan.shares[i, _SHARE.column]] = part / whole if whole > 0 else 0.0
    for i in range(len(plan.sums)):
        figures[plan.sums[i, _SUM.column]] = _sum(record, as_of, i, counts, plan)
    for i in range(len(plan.mosts)):
        figures[plan.mosts[i, _MOST.column]] = _most(record, as_of, i, plan)
    for i in range(len(plan.decays)):
        known = counts[plan.decays[i, _DECAY.cell]] > 0
        figures[plan.decays[i, _DECAY.column]] = _decayed_mean(record, as_of, i, plan) if known else 0.0
    _read_times(record, as_of, figures, plan)
    _read_latest(record, figures, plan)
    _derive(figures, plan)
    for column in range(len(vector)):
        vector[column] = figures[column]


@piece
def _read_times(record: NumbaRecord, as_of: int, figures: Array, plan: NumbaRecord) -> None:
    """What is told of time: since the first event, since a signal, and of the session."""
    seen = as_of - record.first_time if record.events > 0 else 0
    for i in range(len(plan.seens)):
        cap = float(plan.seens[i, _SEEN.cap_hours])
        figures[plan.seens[i, _SEEN.column]] = min(cap, seen / plan.constants[_IS.hour])
    for i in range(len(plan.sinces)):
        since, cap = record.last[plan.sinces[i, _SINCE.slot]], float(plan.sinces[i, _SINCE.cap_hours])
        hours = min(cap, (as_of - since) / plan.constants[_IS.hour]) if since > 0 else cap
        figures[plan.sinces[i, _SINCE.column]] = hours
    in_session = record.events > 0 and as_of - record.clock <= plan.constants[_IS.gap]
    for i in range(len(plan.sessions)):
        minutes = (record.clock - record.session_start) / plan.constants[_IS.minute]
        figure = minutes if plan.sessions[i, _FIGURE.figure] == SESSION_MINUTES else float(record.session_events)
        figures[plan.sessions[i, _FIGURE.column]] = figure if in_session else 0.0


@piece
def _read_latest(record: NumbaRecord, figures: Array, plan: NumbaRecord) -> None:
    """What was said of the user last."""
    for i in range(len(plan.latests)):
        slot = plan.latests[i, _LATEST.slot]
        known = record.latest_time[slot] > 0
        value = record.latest_value[slot] / plan.latests[i, _LATEST.scale]
        figures[plan.latests[i, _LATEST.column]] = value if known else plan.reals[plan.latests[i, _LATEST.real]]
    for i in range(len(plan.knowns)):
        figures[plan.knowns[i, _KNOWN.column]] = 1.0 if record.latest_time[plan.knowns[i, _KNOWN.slot]] > 0 else 0.0
    for i in range(len(plan.categories)):
        slot, first = plan.categories[i, _CATEGORY.slot], plan.categories[i, _CATEGORY.column]
        for code in range(plan.categories[i, _CATEGORY.columns]):
            told = record.latest_time[slot] > 0 and record.latest_value[slot] == code
            figures[first + code] = 1.0 if told else 0.0


@piece
def _derive(figures: Array, plan: NumbaRecord) -> None:
    """What is made of other features, in the order of their columns."""
    for i in range(len(plan.derived)):
        first, end = plan.derived[i, _DERIVED.first], plan.derived[i, _DERIVED.end]
        figure = figures[plan.operands[first]]
        for operand in range(first + 1, end):
            other = figures[plan.operands[operand]]
            if plan.derived[i, _DERIVED.made] == TOTAL:
                figure += other
            elif plan.derived[i, _DERIVED.made] == DIFFERENCE:
                figure -= other
            else:
                figure = figure / other if other != 0.0 else plan.reals[plan.derived[i, _DERIVED.real]]
        figures[plan.derived[i, _DERIVED.column]] = figure


@piece
def _count_windows(record: NumbaRecord, as_of: int, grid: int, counts: Array, plan: NumbaRecord) -> None:
    """The count of every signal in each window of a grid."""
    tiles, words, first = plan.grids[grid, _GRID.tiles], plan.grids[grid, _GRID.words], plan.grids[grid, _GRID.first]
    for w in range(plan.windows_from[grid], plan.windows_from[grid + 1]):
        oldest, length = _rows_in(record, as_of, grid, plan.windows[w, _WINDOW.tiles], plan)
        until, over = first + min(oldest + length, tiles) * words, first + (oldest + length - tiles) * words
        for word in range(words):
            even = odd = np.uint64(0)
            for i in range(first + oldest * words + word, until, words):
                even += record.tiles[i] & _EVEN_LANES
                odd += record.tiles[i] >> _TILE_BITS & _EVEN_LANES
            for i in range(first + word, over, words):
                even += record.tiles[i] & _EVEN_LANES
                odd += record.tiles[i] >> _TILE_BITS & _EVEN_LANES
            cell = plan.windows[w, _WINDOW.cell] + 4 * word
            counts[cell], counts[cell + 1] = even & _LOW, odd & _LOW
            counts[cell + 2], counts[cell + 3] = even >> _LOW_BITS, odd >> _LOW_BITS


@piece
def _rows_in(record: NumbaRecord, as_of: int, grid: int, window: int, plan: NumbaRecord) -> tuple[int, int]:
    """The row of a window's oldest tile that exists, and how many do. Newer ones than the clock's hold nothing."""
    tile_ms, tiles = plan.grids[grid, _GRID.tile_ms], plan.grids[grid, _GRID.tiles]
    silent = 0 if as_of == record.clock else as_of // tile_ms - record.clock // tile_ms
    length = max(0, min(window - silent, tiles))
    return (0 if length == tiles else (record.clock // tile_ms - length + 1) % tiles), length


@piece
def _active_tiles(record: NumbaRecord, as_of: int, active: int, plan: NumbaRecord) -> int:
    """How many tiles of a window hold anything of a signal."""
    grid, bits = plan.actives[active, _ACTIVE.grid], np.uint64(plan.actives[active, _ACTIVE.bits])
    tiles, words = plan.grids[grid, _GRID.tiles], plan.grids[grid, _GRID.words]
    oldest, length = _rows_in(record, as_of, grid, plan.actives[active, _ACTIVE.tiles], plan)
    first, found = plan.grids[grid, _GRID.first] + plan.actives[active, _ACTIVE.word], 0
    for row in range(oldest, min(oldest + length, tiles)):
        found += record.tiles[first + row * words] >> bits & _LANE > 0
    for row in range(oldest + length - tiles):
        found += record.tiles[first + row * words] >> bits & _LANE > 0
    return found


@piece
def _sum(record: NumbaRecord, as_of: int, place: int, counts: Array, plan: NumbaRecord) -> float:
    """Sum of a signal's values in a window, or their mean."""
    grid, cell = plan.sums[place, _SUM.grid], plan.sums[place, _SUM.cell]
    count = counts[cell] if cell >= 0 else 1
    if count == 0:
        missing: float = plan.reals[plan.sums[place, _SUM.real]]
        return missing
    tiles, summed = plan.grids[grid, _GRID.tiles], plan.grids[grid, _GRID.summed]
    oldest, length = _rows_in(record, as_of, grid, plan.sums[place, _SUM.tiles], plan)
    first, whole = plan.grids[grid, _GRID.sums] + plan.sums[place, _SUM.summed], 0
    for age in range(length):
        whole += record.sums[first + (oldest + age) % tiles * summed]
    mean: float = whole / count / plan.sums[place, _SUM.scale]
    return mean


@piece
def _most(record: NumbaRecord, as_of: int, place: int, plan: NumbaRecord) -> float:
    """Largest of a signal's values in a window."""
    grid, bits = plan.mosts[place, _MOST.grid], np.uint64(plan.mosts[place, _MOST.bits])
    tiles, words, most = plan.grids[grid, _GRID.tiles], plan.grids[grid, _GRID.words], plan.grids[grid, _GRID.most]
    oldest, length = _rows_in(record, as_of, grid, plan.mosts[place, _MOST.tiles], plan)
    counted, first = plan.grids[grid, _GRID.first] + plan.mosts[place, _MOST.word], plan.grids[grid, _GRID.mosts]
    found, largest = False, 0
    for age in range(length):
        row = (oldest + age) % tiles
        if record.tiles[counted + row * words] >> bits & _LANE > 0:
            value = record.mosts[first + row * most + plan.mosts[place, _MOST.most]]
            largest = max(largest, value) if found else value
            found = True
    known: float = largest / plan.mosts[place, _MOST.scale]
    return known if found else plan.reals[plan.mosts[place, _MOST.real]]


@piece
def _decayed_mean(record: NumbaRecord, as_of: int, mean: int, plan: NumbaRecord) -> float:
    """Weighted mean of a signal's values, summed from the oldest tile to the newest."""
    grid, bits = plan.decays[mean, _DECAY.grid], np.uint64(plan.decays[mean, _DECAY.bits])
    summed = plan.decays[mean, _DECAY.summed]
    tile_ms, tiles, words = (
        plan.grids[grid, _GRID.tile_ms],
        plan.grids[grid, _GRID.tiles],
        plan.grids[grid, _GRID.words],
    )
    first = plan.grids[grid, _GRID.first] + plan.decays[mean, _DECAY.word]
    clock = record.clock // tile_ms
    silent = as_of // tile_ms - clock
    weights = plan.decays[mean, _DECAY.weights]
    above, below = 0.0, 0.0
    for age in range(min(plan.decays[mean, _DECAY.tiles] - silent, tiles) - 1, -1, -1):
        row = (clock - age) % tiles
        weight = plan.weights[weights, silent + age]
        above += weight * record.sums[plan.grids[grid, _GRID.sums] + row * plan.grids[grid, _GRID.summed] + summed]
        below += weight * np.int64(record.tiles[first + row * words] >> bits & _LANE)
    return above / below / plan.decays[mean, _DECAY.scale] if below > 0.0 else 0.0
