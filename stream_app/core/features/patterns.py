"""Patterns: each distinct thing that a row of an event can be, and the signals that it raises."""

import re
from collections.abc import Mapping

import numpy as np

from schemas.envelope import SLUG_PATTERN
from schemas.event_sources import Own
from schemas.event_types import EVENT_TYPES
from stream_app.core.features.layout import Layout
from stream_app.core.features.sources import BUILT_IN_SIGNALS, WAIT_SCALE, Categories, Number, SignalSource, Wait
from stream_app.core.features.workload import Workload
from stream_app.core.quantities import SCALES, Declared
from stream_app.core.tables import Tables, starts

OWN_SCALES = {source.kind: source.scale for entry in EVENT_TYPES for source in entry.sources if isinstance(source, Own)}
"""Of each kind that is told by a number of the event's own: in which parts of one it is kept."""


def declared_by(workload: Workload) -> Declared:
    """The numbers and categories that a workload wants of events. Raises ValueError for wrong names and scales."""
    for name, number in (*workload.measures.items(), *workload.attributes.items()):
        if re.fullmatch(SLUG_PATTERN, name) is None:
            raise ValueError(f"no event can carry {name!r}: a name must match {SLUG_PATTERN}")
        if isinstance(number, Number) and number.scale not in SCALES:
            raise ValueError(f"{name!r} has the scale {number.scale}: choose one of {SCALES}")
    return Declared(
        measures={name: number.scale for name, number in workload.measures.items()},
        numbers={name: one.scale for name, one in workload.attributes.items() if isinstance(one, Number)},
        categories={name: one.values for name, one in workload.attributes.items() if isinstance(one, Categories)},
    )


def signal_scales(workload: Workload) -> dict[str, int]:
    """In units of 1 over what each signal's values are kept, those of waits and built-in signals included.

    The events' own numbers say it; a value that the workload gives is whole, and counts as so many units. Raises
    ValueError for a number or category that is not declared, or sources of one signal that do not agree.
    """
    scales = dict.fromkeys(BUILT_IN_SIGNALS, 1)
    scales |= {signal: _common_scale(workload, signal, sources) for signal, sources in workload.signals.items()}
    return scales | dict.fromkeys(workload.waits, WAIT_SCALE)


def _common_scale(workload: Workload, signal: str, sources: tuple[SignalSource, ...]) -> int:
    found = {_own_scale(workload, source) for source in sources if source.value is None}
    if len(found) > 1:
        raise ValueError(f"the sources of signal {signal!r} have the scales {sorted(found)}: declare one for all")
    return found.pop() if found else 1


def _own_scale(workload: Workload, source: SignalSource) -> int:
    """The scale of an event's own number."""
    match source.kind:
        case "measure":
            return _declared(workload.measures.get(source.name.rpartition(".")[2]), source)
        case "number" | "category":
            return _declared(workload.attributes.get(source.name), source)
        case kind if kind in OWN_SCALES:
            return OWN_SCALES[kind]
    raise ValueError(f"{source.kind} events have no number of their own: give the signal that they raise a value")


def _declared(declaration: Number | Categories | None, source: SignalSource) -> int:
    wanted = Categories if source.kind == "category" else Number
    if not isinstance(declaration, wanted):
        raise ValueError(f"{source.kind} {source.name!r} is not declared as {wanted.__name__} in the workload")
    return declaration.scale if isinstance(declaration, Number) else 1


def patterns_of(workload: Workload, layout: Layout) -> tuple[dict[tuple[str, str], int], Tables]:
    """Each distinct thing an event can be raises a fixed list of signals: its pattern. A measure of one action raises
    also what the measure raises of any."""
    by_name = signal_scales(workload)
    scales = [by_name[signal] for signal in layout.signals]
    raised: dict[tuple[str, str], list[tuple[int, SignalSource]]] = {("", ""): []}
    for signal, sources in workload.signals.items():
        for source in sources:
            raised.setdefault((source.kind, source.name), []).append((layout.signals.index(signal), source))
    waits = workload.waits.values()
    acts = [*workload.churn, *(wait.begins for wait in waits), *(wait.ends for wait in waits)]
    for source in acts:
        if source.value is None:
            raise ValueError(f"{source.kind} {source.name!r} is a number, no act: it is neither a wait nor churn")
        raised.setdefault((source.kind, source.name), [])
    for (kind, name), with_value in raised.items():
        _, point, measure = name.partition(".")
        if kind == "measure" and point:
            with_value.extend(raised.get((kind, measure), []))
    flat = [one for pattern in raised.values() for one in pattern]
    churn = {(act.kind, act.name) for act in workload.churn}
    tables: Tables = {
        "pattern_signal": np.array([signal for signal, _ in flat], np.int64),
        "pattern_value": np.array([(source.value or 0) * scales[signal] for signal, source in flat], np.int64),
        "pattern_own": np.array([source.value is None for _, source in flat], np.int64),
        "pattern_from": starts(list(raised.values())),
        "pattern_begins": np.array([_wait(key, workload.waits, ends=False) for key in raised], np.int64),
        "pattern_ends": np.array([_wait(key, workload.waits, ends=True) for key in raised], np.int64),
        "pattern_churn": np.array([key in churn for key in raised], np.int64),
        "wait_signal": np.array([layout.signals.index(signal) for signal in layout.waits], np.int64),
    }
    return {key: i for i, key in enumerate(raised)}, tables


def _wait(key: tuple[str, str], waits: Mapping[str, Wait], *, ends: bool) -> int:
    """Index of the wait that a pattern begins or ends, or -1."""
    acts = [wait.ends if ends else wait.begins for wait in waits.values()]
    return next((index for index, act in enumerate(acts) if (act.kind, act.name) == key), -1)
