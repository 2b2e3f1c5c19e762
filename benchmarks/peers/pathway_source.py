"""What both Pathway peers share: the events that they read, and the stopwatch that watches how far they are."""

import secrets
from typing import Any

import pathway as pw

from benchmarks.peers.stopwatch import BOOTSTRAP, TOPIC, Stopwatch

_MINI_BATCH_MS = 100

stopwatch = Stopwatch()


class Event(pw.Schema):
    """The fields that are read; a control record has neither."""

    subject: str | None = pw.column_definition(default_value=None)
    action: str | None = pw.column_definition(default_value=None)


def events() -> "pw.Table[Any]":
    """The events of users in the topic, from its beginning."""
    read = pw.io.kafka.read(
        {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": f"pathway-{secrets.token_hex(4)}",
            "auto.offset.reset": "earliest",
        },
        topic=TOPIC,
        format="json",
        schema=Event,
        json_field_paths={"action": "/data/action"},
        autocommit_duration_ms=_MINI_BATCH_MS,
    )
    return read.filter(read.subject.is_not_none())


def watch(read: "pw.Table[Any]") -> None:
    """Tell the stopwatch after every mini-batch how many events have come."""
    pw.io.subscribe(read.reduce(count=pw.reducers.count()), on_change=_changed)


def _changed(key: pw.Pointer, row: dict[str, Any], time: int, is_addition: bool) -> None:  # noqa: ARG001 - theirs
    if is_addition:
        stopwatch.reached(int(row["count"]))
