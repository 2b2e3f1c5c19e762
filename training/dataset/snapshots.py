"""Snapshots: users as they were at moments chosen without the future. Scored updates drawn by hash, or every midnight.

A row of an update is a row that was, or would have been, scored live; a row of a midnight is what silence looks like.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from stream_app.core.blocks import Block
from stream_app.core.durations import DAY_MS
from stream_app.core.features.fold import APPLIED, read
from stream_app.core.log import LogRecord
from stream_app.core.replay import Step
from stream_app.core.scoring import Vectors
from stream_app.core.tables import Integers
from training.dataset.splits import number, shares

LIVE_MS = 30 * DAY_MS
"""A user not seen for longer is not live: no snapshot is taken."""


@dataclass(frozen=True)
class Snapshots:
    """Users as they were at moments: one row each, in log order.

    `user` is the index of the user among the replay's; `offset` is that of the user's last event; `as_of_ms` is the
    moment, up to which `vectors` (all features of the workload) look back; `first_ms` is the user's first event and
    `events` how many had been applied.
    """

    user: Integers
    offset: Integers
    as_of_ms: Integers
    first_ms: Integers
    events: Integers
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.user)

    def where(self, chosen: NDArray[np.bool_] | Integers) -> "Snapshots":
        """The rows that are chosen, by a mask or by their places."""
        return Snapshots(*(getattr(self, column.name)[chosen] for column in fields(self)))


def updates(step: Step, users: Mapping[str, int]) -> Snapshots:
    """The updates of a step that a model scores and that have a future: applied, and the user has not churned."""
    folded, events = step.advance.folded, step.intake.events
    every = Snapshots(
        user=np.array([users[name] for name in events.names], np.int64)[events.user],
        offset=events.offsets,
        as_of_ms=folded.as_of,
        first_ms=folded.first,
        events=folded.events.astype(np.int64),
        vectors=folded.vectors,
    )
    return every.where((folded.outcome == APPLIED) & (folded.churned == 0))


def standing(records: NDArray[np.void], as_of_ms: int, plan: np.record) -> Snapshots:
    """The live users among the records, in their order, as of a moment. A user whose clock is ahead of it: as of then.

    Live is who was seen in the last 30 days and has not churned.
    """
    seen = (records["events"] > 0) & (records["clock"] >= as_of_ms - LIVE_MS)
    user = np.flatnonzero(seen & (records["churned"] == 0))
    live = records[user]
    moments = np.maximum(live["clock"], as_of_ms)
    return Snapshots(
        user=user,
        offset=live["next_offset"] - 1,
        as_of_ms=moments,
        first_ms=live["first_time"].copy(),
        events=live["events"].astype(np.int64),
        vectors=read(live, moments, plan),
    )


def drawn(rows: Snapshots, names: Sequence[str], seed: int, probability: float) -> Snapshots:
    """Keep each row with the same probability, by a hash of seed, user and offset alone. `names` are all users'."""
    numbers = np.array([number(seed, "snapshot", names[user]) for user in rows.user.tolist()], np.uint64)
    return rows.where(shares(numbers, rows.offset) < probability)


def joined(parts: Sequence[Snapshots]) -> Snapshots:
    """Rows of consecutive steps as one."""
    return Snapshots(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Snapshots)))


class Midnights:
    """Cuts a log at the midnights (UTC) that pass between two of its records, by their times of sending.

    A record that was sent earlier than one before it does not turn time back.
    """

    def __init__(self) -> None:
        self._day = 0

    def cut(self, records: Sequence[LogRecord]) -> Iterator[tuple[range, Block]]:
        """Pieces of consecutive records, each behind the midnights, in ms, that pass before its first record."""
        block = Block.of(records)
        days = block.timestamps // DAY_MS
        start, passed = 0, range(0)
        for place in np.flatnonzero(days > self._day).tolist():
            if days[place] > self._day:
                if place > start:
                    yield passed, block[start:place]
                start, passed = place, self._pass_to(int(days[place]))
        yield passed, block[start:]

    def _pass_to(self, day: int) -> range:
        """Every midnight up to the one with which a day begins; none before the log's first record."""
        first = self._day + 1 if self._day else day + 1
        self._day = day
        return range(first * DAY_MS, (day + 1) * DAY_MS, DAY_MS)
