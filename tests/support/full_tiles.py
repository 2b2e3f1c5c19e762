"""A day on which one event took place tens of thousands of times, without folding each of them."""

import numpy as np
from numpy.typing import NDArray

from stream_app.core.columns import to_columns
from stream_app.core.features.fold import fold
from stream_app.core.features.layout import lay_out
from stream_app.core.features.plan import Compiled
from stream_app.core.features.sources import SESSION
from stream_app.core.log import PlainRecord
from tests.support.event_logs import LogWriter, at
from tests.support.fold_comparison import Fold, disagreements_from, folded, lives, taken_in

FULL_TILE = 65_535
BEFORE_THE_LAST_TWO = FULL_TILE - 2


def full_tile_disagreements(compiled: Compiled, by: Fold = fold) -> list[str]:
    """Where a fold and the oracle differ when tiles become full, then are beside tiles that are not."""
    records, others = _almost_full(compiled)
    life = lives(compiled.workload, _log()[:1])["ana"]
    life.multiply(BEFORE_THE_LAST_TWO)
    return disagreements_from(records, {"ana": life}, compiled, others, by)


def full_tile_features(compiled: Compiled) -> dict[str, float]:
    """The kernel's features by name in the end."""
    records, others = _almost_full(compiled)
    events = taken_in(others).events
    result = fold(records, to_columns(events, compiled.patterns), compiled.plan)
    return dict(zip(compiled.feature_names, result.vectors[-1].tolist(), strict=True))


def _log() -> list[PlainRecord]:
    log = LogWriter()
    log.does("love", at())
    for step in range(3):
        log.does("hate", at(seconds=step))
    log.does("love", at(minutes=5))
    return log.records()


def _almost_full(compiled: Compiled) -> tuple[NDArray[np.void], list[PlainRecord]]:
    """The state after the first event took place many times, and the records that follow."""
    first, *others = _log()
    records, _, _ = folded(compiled, [first])
    _multiply(compiled, records, BEFORE_THE_LAST_TWO)
    return records, others


def _multiply(compiled: Compiled, records: NDArray[np.void], times: int) -> None:
    """Make all that was counted so far have taken place so many times; the session began once."""
    layout = lay_out(compiled.workload)
    session = np.zeros_like(records["tiles"])
    for grid, first_word in zip(layout.grids, layout.first_tiles(), strict=False):
        if SESSION in grid.signals:
            word, bits = grid.lane(SESSION)
            session[:, first_word + word :: grid.words][:, : grid.tiles] = np.uint64(0xFFFF << bits)
    once = records["tiles"] & session
    records["tiles"] = (records["tiles"] - once) * np.uint64(times) + once
    records["sums"] *= times
    records["events"] *= np.uint32(times)
    records["session_events"] *= np.uint32(times)
