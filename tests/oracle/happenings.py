"""Reads an event's JSON: whose it is, when it took place, and which values it raises a signal with."""

import json
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from stream_app.core.features.sources import Categories, Number, SignalSource
from stream_app.core.features.workload import Workload
from stream_app.core.hashing import event_hash

MAX_AHEAD_MS = 5 * 60_000
FUTURE_MS = 24 * 3_600_000


@dataclass(frozen=True)
class Happening:
    """One event of one user; `kind` is the middle of its CloudEvents type, such as activity."""

    user: str
    identity: int
    time_ms: int
    kind: str
    data: dict[str, Any]


def happening_of(value: bytes, timestamp_ms: int) -> Happening | None:
    """The event of a record that was sent at `timestamp_ms`; None if it is dated more than a day ahead."""
    event = json.loads(value)
    claimed_ms = _milliseconds(event["time"])
    ingest_ms = _milliseconds(event["recordedtime"]) if "recordedtime" in event else timestamp_ms
    if claimed_ms > ingest_ms + FUTURE_MS:
        return None
    return Happening(
        user=event["subject"],
        identity=event_hash(event["source"], event["id"]),
        time_ms=min(claimed_ms, ingest_ms + MAX_AHEAD_MS),
        kind=event["type"].split(".")[1],
        data=event["data"],
    )


def values_raised(source: SignalSource, happening: Happening, workload: Workload) -> list[int]:
    """The value of each time that an event raises a signal through one of its sources; empty if it does not."""
    own = [0]
    match source.kind, happening.kind:
        case "activity", "activity":
            raised = happening.data["action"] == source.name
        case "conversation", "conversation":
            raised = happening.data["event"] == source.name
        case "message", "message":
            raised = happening.data["direction"] == source.name
        case "sentiment", "message":
            raised = happening.data["direction"] == source.name and happening.data.get("sentiment") is not None
            own = [round(happening.data["sentiment"] * 1000)] if raised else own
        case "measure", "activity":
            of, _, name = source.name.rpartition(".")
            amount = happening.data.get("measures", {}).get(name)
            raised = amount is not None and of in ("", happening.data["action"])
            own = [_units(amount, workload.measures[name])] if raised else own
        case "number", "profile":
            amount = happening.data["attributes"].get(source.name)
            raised = amount is not None
            own = [_units(amount, workload.attributes[source.name])] if raised else own
        case "category", "profile":
            text = happening.data["attributes"].get(source.name)
            raised = text is not None
            own = [_place(text, workload.attributes[source.name])] if raised else own
        case "profile", "profile":
            raised = source.name in [f"{name}={_text(value)}" for name, value in happening.data["attributes"].items()]
        case _:
            raised = False
    return [] if not raised else own if source.value is None else [source.value]


def _units(amount: float, declaration: Number | Categories) -> int:
    """How many times 1 / scale the float64 nearest to an amount times the scale is; of two as near the even one."""
    assert isinstance(declaration, Number)
    whole, rest = divmod(Fraction(float(amount) * declaration.scale), 1)
    return int(whole) + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1))


def _place(text: str | float, declaration: Number | Categories) -> int:
    """Counted from 1; 0 for a text that is not among them. 3 and 3.0 are the text 3."""
    assert isinstance(declaration, Categories)
    written = text if isinstance(text, str) else str(int(text)) if text == int(text) else str(text)
    return 1 + declaration.values.index(written) if written in declaration.values else 0


def _text(attribute: str | float) -> str:
    return attribute if isinstance(attribute, str) else str(float(attribute))


def _milliseconds(instant: str) -> int:
    return round(datetime.fromisoformat(instant).timestamp() * 1000)
