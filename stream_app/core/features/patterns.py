"""Patterns: each distinct thing that a row of an event can be, and the signals that it raises."""

from collections.abc import Mapping

import numpy as np

from stream_app.core.features.layout import Layout
from stream_app.core.features.sources import Source, Wait
from stream_app.core.features.workload import Workload
from stream_app.core.tables import Tables, starts


def patterns_of(workload: Workload, layout: Layout) -> tuple[dict[tuple[str, str], int], Tables]:
    """Each distinct thing an event can be raises a fixed list of signals: its pattern."""
    raised: dict[tuple[str, str], list[tuple[int, Source]]] = {("", ""): []}
    for signal, sources in workload.signals.items():
        for source in sources:
            raised.setdefault((source.kind, source.name), []).append((layout.signals.index(signal), source))
    waits = workload.waits.values()
    acts = [*workload.churn, *(wait.begins for wait in waits), *(wait.ends for wait in waits)]
    for source in acts:
        raised.setdefault((source.kind, source.name), [])
    for (kind, name), with_value in raised.items():
        if kind == "sentiment":
            with_value.extend(raised.get(("message", name), []))
    flat = [one for pattern in raised.values() for one in pattern]
    churn = {(act.kind, act.name) for act in workload.churn}
    tables: Tables = {
        "pattern_signal": np.array([signal for signal, _ in flat], np.int64),
        "pattern_value": np.array([source.value or 0 for _, source in flat], np.int64),
        "pattern_own": np.array([source.value is None for _, source in flat], np.int64),
        "pattern_from": starts(list(raised.values())),
        "pattern_begins": np.array([_wait(key, workload.waits, ends=False) for key in raised], np.int64),
        "pattern_ends": np.array([_wait(key, workload.waits, ends=True) for key in raised], np.int64),
        "pattern_churn": np.array([key in churn for key in raised], np.int64),
        "wait_signal": np.array([layout.signals.index(signal) for signal in layout.waits], np.int64),
    }
    return {key: i for i, key in enumerate(raised)}, tables


def _wait(key: tuple[str, str], waits: Mapping[str, Wait], *, ends: bool) -> int:
    """Index of the wait that a pattern begins or ends, or -1. A message with a sentiment is a message too."""
    alike = {key, ("message", key[1])} if key[0] == "sentiment" else {key}
    for index, wait in enumerate(waits.values()):
        source = wait.ends if ends else wait.begins
        if (source.kind, source.name) in alike:
            return index
    return -1
