"""Holds a fold against the oracle: every event's vector and what is said of it, bit for bit."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_app.core.columns import to_columns
from stream_app.core.features.fold import APPLIED, REPEATED, fold, read
from stream_app.core.features.plan import Compiled
from stream_app.core.features.workload import Workload
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import LogRecord
from stream_app.core.quantities import NOTHING_DECLARED, Declared
from stream_app.core.tables import Columns, Folded
from tests.oracle import Life, happening_of, vector

Fold = Callable[[NDArray[np.void], Columns, np.record], Folded]


def taken_in(log: Sequence[LogRecord], declared: Declared = NOTHING_DECLARED) -> Intake:
    """A log without control records, sorted out as the only partition's."""
    return take_in(log, 0, 1, declared=declared)


def folded(compiled: Compiled, log: Sequence[LogRecord]) -> tuple[NDArray[np.void], dict[str, int], Folded]:
    """The states of a log's users, which user has which, and what became of each admitted event."""
    events = taken_in(log, compiled.declared).events
    users = {user: slot for slot, user in enumerate(events.names)}
    records = np.zeros(len(users), compiled.record)
    return records, users, fold(records, to_columns(events, compiled.patterns), compiled.plan)


def lives(workload: Workload, log: Iterable[LogRecord]) -> dict[str, Life]:
    """What the oracle knows of each user at the end of a log."""
    users: dict[str, Life] = {}
    for record in log:
        happening = happening_of(record.value or b"", record.timestamp)
        if happening is not None:
            users.setdefault(happening.user, Life(workload)).meet(happening)
    return users


def disagreements(compiled: Compiled, log: Sequence[LogRecord], by: Fold = fold) -> list[str]:
    """Where a fold that begins with nothing says something else of an event than the oracle."""
    users = len(taken_in(log, compiled.declared).events.names)
    return disagreements_from(np.zeros(users, compiled.record), {}, compiled, log, by)


def disagreements_from(
    records: NDArray[np.void], users: dict[str, Life], compiled: Compiled, log: Sequence[LogRecord], by: Fold = fold
) -> list[str]:
    """The same for a fold that begins with states, and an oracle that knows these users' lives so far."""
    events = taken_in(log, compiled.declared).events
    result = by(records, to_columns(events, compiled.patterns), compiled.plan)
    return [
        f"record {event.record.offset}, {name}: {found}, but the oracle says {wanted}"
        for e, (event, expected) in enumerate(zip(events, _expectations(users, compiled, log), strict=True))
        for name, found, wanted in _compare(compiled, result, e, expected)
    ]


def features(compiled: Compiled, log: Sequence[LogRecord], user: str = "ana", after_ms: int = 0) -> dict[str, float]:
    """A user's features by name at the end of a log, so long after the user's clock."""
    records, users, _ = folded(compiled, log)
    record = records[[users[user]]]
    [values] = read(record, record["clock"] + after_ms, compiled.plan).tolist()
    return dict(zip(compiled.feature_names, values, strict=True))


def same_bits(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two vectors are the same bit for bit."""
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _expectations(users: dict[str, Life], compiled: Compiled, log: Iterable[LogRecord]) -> Iterable[dict[str, Any]]:
    """Per event that is not poison what the oracle says of it."""
    silence = np.zeros(len(compiled.feature_names), np.float32)
    for record in log:
        happening = happening_of(record.value or b"", record.timestamp)
        if happening is None:
            continue
        life = users.setdefault(happening.user, Life(compiled.workload))
        behind = life.is_behind(happening.time_ms)
        met = life.meet(happening)
        yield {
            "outcome": APPLIED if met else REPEATED,
            "late": int(met and behind),
            "churned": int(life.churned),
            "as_of": life.clock_ms,
            "first": life.first_ms,
            "events": life.events,
            "vectors": vector(life) if met else silence,
        }


def _compare(compiled: Compiled, result: Folded, e: int, expected: dict[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    """The name of each thing that differs, what was found and what is expected."""
    for name, found in result._asdict().items():
        if name == "vectors":
            found_bits, wanted_bits = found[e].view(np.uint32), expected[name].view(np.uint32)
            for f in np.flatnonzero(found_bits != wanted_bits).tolist():
                yield compiled.feature_names[f], found[e, f], expected[name][f]
        elif int(found[e]) != expected[name]:
            yield name, int(found[e]), expected[name]
