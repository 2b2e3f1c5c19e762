"""Compiles a workload to what the kernel walks: a record type and small integer tables.

Constants reach the kernel through these tables only: numba freezes globals imported from other modules in its cache.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stream_app.core.durations import HOUR_MS, MINUTE_MS
from stream_app.core.features.codec import MAX_STATE_BYTES, fullest_bytes
from stream_app.core.features.digests import digest, state_digest
from stream_app.core.features.fold import READ_OUTS, Constants, GridRow, PlaceRow
from stream_app.core.features.layout import Layout, lay_out, record_type
from stream_app.core.features.patterns import declared_by, patterns_of, signal_scales
from stream_app.core.features.places import Placed, slot
from stream_app.core.features.sources import (
    ACTIVITY,
    LONGEST_WAIT_MS,
    SESSION,
    SESSION_GAP_MS,
    SESSION_LATENESS_MS,
    WAIT_SCALE,
    Categories,
)
from stream_app.core.features.workload import Workload
from stream_app.core.quantities import Declared
from stream_app.core.tables import Integers, Plan, Tables, starts, table


@dataclass(frozen=True)
class Compiled:
    """A workload ready to run. `plan` is a `Plan` as a record.

    `patterns` maps what an event is, as (kind, name), to the index of its pattern; 0 is an event that raises nothing
    but activity. `declared` is what the intake takes from events beside. `feature_names` are the columns of a vector,
    and `described` says what each of them is made of. `state_digest` changes when stored records would be read wrongly.
    """

    workload: Workload
    record: np.dtype[np.void]
    plan: np.record
    patterns: dict[tuple[str, str], int]
    declared: Declared
    feature_names: tuple[str, ...]
    described: Mapping[str, Any]
    state_digest: str

    def feature_schema(self, names: tuple[str, ...]) -> str:
        """Digest of the columns that a model reads, in order, with their declarations."""
        return digest([(name, self.described[name]) for name in names])

    @property
    def fullest_state_bytes(self) -> int:
        """The bytes of a state of which nothing is zero."""
        return fullest_bytes(self.record)


def compile_workload(workload: Workload) -> Compiled:
    """The record type, tables and digest of a workload.

    Raises KeyError for a signal or window that is not declared, ValueError for a feature that cannot or must not be
    read, and for states that could grow too large.
    """
    layout = lay_out(workload)
    record = record_type(layout)
    _refuse_large_states(workload, record)
    patterns, pattern_tables = patterns_of(workload, layout)
    scales, texts = signal_scales(workload), _texts(workload)
    names, described, read_outs, cells = _read_outs(workload, layout, scales, texts)
    constants = Constants(
        activity=layout.signals.index(ACTIVITY),
        session=layout.signals.index(SESSION),
        gap=SESSION_GAP_MS,
        lateness=SESSION_LATENESS_MS,
        hour=HOUR_MS,
        minute=MINUTE_MS,
        wait_scale=WAIT_SCALE,
        longest_wait=LONGEST_WAIT_MS,
        columns=len(names),
        cells=cells,
    )
    plan = Plan(
        grids=_grids(layout),
        **_signal_tables(layout),
        **pattern_tables,
        **read_outs,
        constants=np.array(constants, np.int64),
    ).record()
    lasting = {name: value for name, value in constants._asdict().items() if name not in ("columns", "cells")}
    meaning = state_digest(workload, layout, record, scales, lasting)
    return Compiled(workload, record, plan, patterns, declared_by(workload), names, described, meaning)


def _refuse_large_states(workload: Workload, record: np.dtype[np.void]) -> None:
    if fullest_bytes(record) > MAX_STATE_BYTES:
        raise ValueError(
            f"a state of workload {workload.name!r} could grow to {fullest_bytes(record):,} bytes, at most "
            f"{MAX_STATE_BYTES:,} are allowed: take out windows, or features of values"
        )


def _texts(workload: Workload) -> dict[str, tuple[str, ...]]:
    """The texts of each signal that is raised by one category alone."""
    found: dict[str, tuple[str, ...]] = {}
    for signal, sources in workload.signals.items():
        declared = [workload.attributes.get(source.name) for source in sources if source.kind == "category"]
        if len(declared) == len(sources) == 1 and isinstance(declared[0], Categories):
            found[signal] = declared[0].values
    return found


def _read_outs(
    workload: Workload, layout: Layout, scales: Mapping[str, int], texts: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], dict[str, Any], Tables, int]:
    """The columns of a vector, what each is made of, the tables of all kinds of features, the number of cells."""
    windows = {window for feature in workload.features.values() for _, window in feature.kept().counted}
    at = Placed(layout, windows, scales, texts)
    rows: dict[str, list[tuple[int, ...]]] = {name: [] for name in READ_OUTS}
    tables = {row: name for name, row in READ_OUTS.items()}
    described: dict[str, Any] = {}
    for name, feature in workload.features.items():
        first, columns = len(described), feature.columns(name, texts)
        for row in feature.rows(first, at):
            rows[tables[type(row)]].append(row)
        made_of = {part: described[part] for part in feature.made_of()}
        described |= {column: [*feature.described(), made_of, column[len(name) :]] for column in columns}
        if len(columns) == 1:
            at.columns[name] = first
    read_outs = {name: table(rows[name], row) for name, row in READ_OUTS.items()}
    return tuple(described), described, read_outs | at.tables(), at.number_of_cells


def _grids(layout: Layout) -> Integers:
    firsts = zip(layout.first_tiles(), layout.first_sums(), layout.first_mosts(), strict=True)
    rows = [
        GridRow(grid.tile_ms, grid.tiles, tiles, grid.words, sums, len(grid.summed), mosts, len(grid.most))
        for grid, (tiles, sums, mosts) in zip(layout.grids, firsts, strict=False)
    ]
    return table(rows, GridRow)


def _signal_tables(layout: Layout) -> Tables:
    places = [
        [
            PlaceRow(g, *grid.lane(signal), slot(grid.summed, signal), slot(grid.most, signal))
            for g, grid in enumerate(layout.grids)
            if signal in grid.signals
        ]
        for signal in layout.signals
    ]
    return {
        "places": table([place for of_signal in places for place in of_signal], PlaceRow),
        "places_from": starts(places),
        "signal_last": np.array([slot(layout.last, signal) for signal in layout.signals], np.int64),
        "signal_latest": np.array([slot(layout.latest, signal) for signal in layout.signals], np.int64),
    }
