"""Snapshots: scored updates, drawn by hash. A training row is a row that was, or would have been, scored live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from stream_app.core.fold import APPLIED, Integers
from stream_app.core.scoring import Vectors
from training.draws import number, shares
from training.replay import Step


@dataclass(frozen=True)
class Snapshots:
    """Users as they were at moments: one row each, in log order.

    `user` is the index of the user among the replay's; `as_of_ms` is the user's clock, up to which `vectors` (all
    features of the workload) look back; `first_ms` is the user's first event.
    """

    user: Integers
    offset: Integers
    as_of_ms: Integers
    first_ms: Integers
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.user)

    def where(self, chosen: NDArray[np.bool_]) -> "Snapshots":
        """The rows that are chosen."""
        return Snapshots(*(getattr(self, column.name)[chosen] for column in fields(self)))


def updates(step: Step, users: Mapping[str, int]) -> Snapshots:
    """The updates of a step that a model scores and that have a future: applied, and the user has not churned."""
    folded, events = step.advance.folded, step.intake.events
    every = Snapshots(
        user=np.array([users[admitted.user] for admitted in events], np.int64),
        offset=np.array([admitted.record.offset for admitted in events], np.int64),
        as_of_ms=folded.as_of,
        first_ms=folded.first,
        vectors=folded.vectors,
    )
    return every.where((folded.outcome == APPLIED) & (folded.churned == 0))


def drawn(rows: Snapshots, names: Sequence[str], seed: int, probability: float) -> Snapshots:
    """Keep each row with the same probability, by a hash of seed, user and offset alone. `names` are all users'."""
    numbers = np.array([number(seed, "snapshot", names[user]) for user in rows.user.tolist()], np.uint64)
    return rows.where(shares(numbers, rows.offset) < probability)


def joined(parts: Sequence[Snapshots]) -> Snapshots:
    """Rows of consecutive steps as one."""
    return Snapshots(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Snapshots)))
