"""Compiles a workload to what the kernel walks: a record type and small integer tables.

Constants reach the kernel through these tables only: numba freezes globals imported from other modules in its cache.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from stream_app.core.durations import HOUR_MS, MINUTE_MS
from stream_app.core.features.layout import ID_RING, Layout, lay_out, record_type
from stream_app.core.features.patterns import declared_by, patterns_of
from stream_app.core.features.readouts import read_out_tables
from stream_app.core.features.sources import (
    ACTIVITY,
    LONGEST_WAIT_MS,
    SENTIMENT_SCALE,
    SESSION,
    SESSION_GAP_MS,
    SESSION_LATENESS_MS,
)
from stream_app.core.features.workload import Workload
from stream_app.core.quantities import Declared
from stream_app.core.tables import Integers, Plan, Tables, starts

KERNEL_VERSION = 3
"""Part of the state digest: raise it when the kernel gives an event another meaning."""


@dataclass(frozen=True)
class Compiled:
    """A workload ready to run. `plan` is a `Plan` as a record.

    `patterns` maps what an event is, as (kind, name), to the index of its pattern; 0 is an event that raises nothing
    but activity. `declared` is what the intake takes from events beside. `state_digest` changes when stored records
    would be read wrongly.
    """

    workload: Workload
    record: np.dtype[np.void]
    plan: np.record
    patterns: dict[tuple[str, str], int]
    declared: Declared
    feature_names: tuple[str, ...]
    state_digest: str

    def feature_schema(self, names: tuple[str, ...]) -> str:
        """Digest of the feature columns that a model reads, in order, with their declarations."""
        return digest(repr([(name, self.workload.features[name]) for name in names]))


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compile_workload(workload: Workload) -> Compiled:
    """The record type, tables and digest of a workload. Raises KeyError for a signal or window that is not declared,
    ValueError for a feature that cannot or must not be read."""
    layout = lay_out(workload)
    patterns, pattern_tables = patterns_of(workload, layout)
    record = record_type(layout)
    cells, read_outs = read_out_tables(workload, layout)
    constants = _constants(layout)
    plan = Plan(
        grids=_grids(layout),
        **_signal_tables(layout),
        **pattern_tables,
        **read_outs,
        constants=np.array((*constants, len(workload.features), cells), np.int64),
    ).record()
    meanings = (workload.signals, workload.waits, workload.churn, constants)
    identity = (KERNEL_VERSION, ID_RING, record.descr, layout, *meanings)
    declared = declared_by(workload)
    return Compiled(workload, record, plan, patterns, declared, tuple(workload.features), digest(repr(identity)))


def _constants(layout: Layout) -> tuple[int, ...]:
    index = layout.signals.index
    return (
        index(ACTIVITY),
        index(SESSION),
        SESSION_GAP_MS,
        SESSION_LATENESS_MS,
        HOUR_MS,
        MINUTE_MS,
        SENTIMENT_SCALE,
        LONGEST_WAIT_MS,
    )


def _grids(layout: Layout) -> Integers:
    rows = [
        (grid.tile_ms, grid.tiles, first_tile, grid.words, first_sum, len(grid.valued))
        for grid, first_tile, first_sum in zip(layout.grids, layout.first_tiles(), layout.first_sums(), strict=False)
    ]
    return np.array(rows, np.int64).reshape(-1, 6)


def _signal_tables(layout: Layout) -> Tables:
    places = [
        [
            (g, *grid.lane(signal), _slot(grid.valued, signal))
            for g, grid in enumerate(layout.grids)
            if signal in grid.signals
        ]
        for signal in layout.signals
    ]
    return {
        "places": np.array([place for of_signal in places for place in of_signal], np.int64).reshape(-1, 4),
        "places_from": starts(places),
        "signal_last": np.array([_slot(layout.last, signal) for signal in layout.signals], np.int64),
        "signal_latest": np.array([_slot(layout.latest, signal) for signal in layout.signals], np.int64),
    }


def _slot(slots: tuple[str, ...], signal: str) -> int:
    return slots.index(signal) if signal in slots else -1
