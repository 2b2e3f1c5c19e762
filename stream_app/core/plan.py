"""Compiles a workload to what the kernel walks: a record type and small integer tables.

Constants reach the kernel through these tables only: numba freezes globals imported from other modules in its cache.
"""

import hashlib
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from stream_app.core.catalogue import (
    ACTIVITY,
    HOUR_MS,
    MINUTE_MS,
    SENTIMENT_SCALE,
    SESSION,
    SESSION_GAP_MS,
    SESSION_LATENESS_MS,
    WINDOWS,
    ActiveTiles,
    Count,
    DecayedMean,
    Feature,
    HoursSince,
    Latest,
    SessionEvents,
    SessionMinutes,
    Share,
    Source,
    Workload,
)
from stream_app.core.fold import (
    ACTIVE,
    COUNT,
    EVENTS,
    LATEST,
    MEAN,
    MINUTES,
    SHARE,
    SINCE,
    Integers,
    Plan,
)
from stream_app.core.layout import ID_RING, Layout, lay_out, record_type, windows_read

KERNEL_VERSION = 1
"""Part of the state digest: raise it when the kernel gives an event another meaning."""


@dataclass(frozen=True)
class Compiled:
    """A workload ready to run.

    `patterns` maps what an event is, as (kind, name), to the index of its pattern; 0 is an event that raises nothing
    but activity. `state_digest` changes when stored records would be read wrongly.
    """

    workload: Workload
    record: np.dtype[np.void]
    plan: Plan
    patterns: dict[tuple[str, str], int]
    feature_names: tuple[str, ...]
    state_digest: str

    def feature_schema(self, names: tuple[str, ...]) -> str:
        """Digest of the feature columns that a model reads, in order, with their declarations."""
        return digest(repr([(name, self.workload.features[name]) for name in names]))


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compile_workload(workload: Workload) -> Compiled:
    """The record type, tables and digest of a workload. Raises KeyError for a signal or window that is not declared."""
    layout = lay_out(workload)
    patterns, pattern_tables = _patterns(workload, layout.signals)
    record = record_type(layout)
    plan = Plan(
        *_signal_tables(layout),
        *pattern_tables,
        *_feature_tables(workload, layout),
        np.array(_constants(layout), np.int64),
    )
    identity = (KERNEL_VERSION, ID_RING, record.descr, layout, workload.signals, workload.churn, _constants(layout))
    return Compiled(workload, record, plan, patterns, tuple(workload.features), digest(repr(identity)))


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
    )


def _signal_tables(layout: Layout) -> tuple[Integers, Integers, Integers, Integers, Integers]:
    tiles, sums = layout.first_tiles(), layout.first_sums()
    rings = [
        (tile_ms, tiles[i], size, sums[i] if (tile_ms, signal) in layout.valued else -1)
        for i, ((tile_ms, signal), size) in enumerate(layout.rings.items())
    ]
    of_signal = [[i for i, (_, owner) in enumerate(layout.rings) if owner == signal] for signal in layout.signals]
    return (
        np.array(rings, np.int64).reshape(-1, 4),
        *_ragged(of_signal),
        np.array([_slot(layout.last, signal) for signal in layout.signals], np.int64),
        np.array([_slot(layout.latest, signal) for signal in layout.signals], np.int64),
    )


def _slot(slots: tuple[str, ...], signal: str) -> int:
    return slots.index(signal) if signal in slots else -1


def _ragged(rows: list[list[int]]) -> tuple[Integers, Integers]:
    """Rows of different length as one flat table and where each row begins."""
    flat = np.array([value for row in rows for value in row], np.int64)
    return flat, np.array(list(accumulate((len(row) for row in rows), initial=0)), np.int64)


def _patterns(
    workload: Workload, signals: tuple[str, ...]
) -> tuple[dict[tuple[str, str], int], tuple[Integers, Integers, Integers, Integers, Integers]]:
    """Each distinct thing an event can be raises a fixed list of signals: its pattern."""
    raised: dict[tuple[str, str], list[tuple[int, Source]]] = {("", ""): []}
    for signal, sources in workload.signals.items():
        for source in sources:
            raised.setdefault((source.kind, source.name), []).append((signals.index(signal), source))
    for (kind, name), with_value in raised.items():
        if kind == "sentiment":
            with_value.extend(raised.get(("message", name), []))
    churn = dict.fromkeys((source.kind, source.name) for source in workload.churn)
    raised.update((act, []) for act in churn)
    patterns = raised.values()
    raises, start = _ragged([[index for index, _ in pattern] for pattern in patterns])
    value, _ = _ragged([[source.value or 0 for _, source in pattern] for pattern in patterns])
    own, _ = _ragged([[int(source.value is None) for _, source in pattern] for pattern in patterns])
    acts = np.array([int(key in churn) for key in raised], np.int64)
    return {key: i for i, key in enumerate(raised)}, (raises, value, own, start, acts)


def _feature_tables(workload: Workload, layout: Layout) -> tuple[Integers, Integers, NDArray[np.float64]]:
    operations: list[tuple[int, ...]] = []
    operands: list[tuple[int, int]] = []
    weights = [np.zeros(max(w.tiles for w in WINDOWS.values()))]
    for feature in workload.features.values():
        first = len(operands)
        operands += [(layout.ring(s, w), WINDOWS[w].tiles) for s, w in windows_read(feature)]
        operation, slot, parameter = _operation(feature, layout)
        if isinstance(feature, DecayedMean):
            slot = len(weights)
            weights.append(_weights(feature.keep, len(weights[0])))
        operations.append((operation, first, len(operands) - first, slot, parameter))
    return (
        np.array(operations, np.int64),
        np.array(operands, np.int64).reshape(-1, 2),
        np.array(weights, np.float64),
    )


def _operation(feature: Feature, layout: Layout) -> tuple[int, int, int]:
    """The kernel's operation for a feature, its slot and its parameter."""
    match feature:
        case Count():
            return COUNT, 0, 0
        case ActiveTiles():
            return ACTIVE, 0, 0
        case Share():
            return SHARE, 0, 0
        case HoursSince():
            return SINCE, layout.last.index(feature.signal), feature.cap_hours
        case SessionMinutes():
            return MINUTES, 0, 0
        case SessionEvents():
            return EVENTS, 0, 0
        case DecayedMean():
            return MEAN, 0, 0
        case Latest():
            return LATEST, layout.latest.index(feature.signal), feature.missing


def _weights(keep: float, tiles: int) -> NDArray[np.float64]:
    """1, keep, keep², … by repeated multiplication: the same bits on every machine."""
    return np.array(list(accumulate(range(tiles - 1), lambda weight, _: weight * keep, initial=1.0)), np.float64)
