"""The admitted events of a batch, column by column: one object an event would cost more than folding it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast, overload

import numpy as np
from numpy.typing import NDArray

from schemas.events import UserEvent
from schemas.values import decode_record
from stream_app.core.blocks import Block
from stream_app.core.intake.decoding import decode_all
from stream_app.core.intake.facts import EventFact
from stream_app.core.log import LogRecord
from stream_app.core.tables import Integers


@dataclass(frozen=True)
class Admitted:
    """An event that will be applied."""

    record: LogRecord
    event: UserEvent
    user: str
    time_ms: int


def _integers() -> Integers:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Events(Sequence[Admitted]):
    """Admitted events in log order; an event itself is decoded when it is asked for.

    `names` are the users in order of first appearance, and `user` says by place among them whose each event is.
    `action` says the same of `actions`, where the event is a canonical activity; where it is -1 the event and what it
    says stand, by its index, in `decoded` and `facts`. `measures` names the columns of `measured`, in which canonical
    activities have their numbers in the units that were declared, or ABSENT. `undeclared` marks the events that carry
    a measure beside those that were declared.
    """

    records: Block = field(default_factory=lambda: Block.of(()))
    names: Sequence[str] = ()
    user: Integers = field(default_factory=_integers)
    times_ms: Integers = field(default_factory=_integers)
    id_hash: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    actions: Sequence[str] = ()
    action: Integers = field(default_factory=_integers)
    decoded: Mapping[int, UserEvent] = field(default_factory=dict)
    facts: Mapping[int, Sequence[EventFact]] = field(default_factory=dict)
    measures: Sequence[str] = ()
    measured: Integers = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    undeclared: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> Admitted: ...
    @overload
    def __getitem__(self, index: slice) -> "Events": ...
    def __getitem__(self, index: int | slice) -> "Admitted | Events":
        """One admitted event, or a run of them."""
        if isinstance(index, slice):
            chosen = np.zeros(len(self), np.bool_)
            chosen[index] = True
            return self.where(chosen)
        record, place = self.records[index], range(len(self))[index]
        event = self.decoded[place] if place in self.decoded else cast("UserEvent", decode_record(record.value))
        return Admitted(record, event, self.names[self.user[place]], int(self.times_ms[place]))

    def __iter__(self) -> Iterator[Admitted]:
        return map(Admitted, self.records, self.events, self.users, self.times_ms.tolist())

    @property
    def users(self) -> list[str]:
        """The user of each event."""
        return [self.names[user] for user in self.user.tolist()]

    @property
    def offsets(self) -> Integers:
        """The offset of each event."""
        return self.records.offsets

    @property
    def events(self) -> list[UserEvent]:
        """All events, decoded anew."""
        places = [place for place in range(len(self)) if place not in self.decoded]
        others = self.records.take(np.array(places, np.int64))
        fresh = decode_all(others) or [decode_record(others.value_at(place)) for place in range(len(others))]
        every = {**self.decoded, **dict(zip(places, cast("list[UserEvent]", fresh), strict=True))}
        return [every[place] for place in range(len(self))]

    def where(self, chosen: NDArray[np.bool_]) -> "Events":
        """The events that are marked."""
        if chosen.all():
            return self
        places = np.flatnonzero(chosen)
        present, first, user = np.unique(self.user[places], return_index=True, return_inverse=True)
        order = np.argsort(first)
        decoded = [(new, old) for new, old in enumerate(places.tolist()) if old in self.decoded]
        return Events(
            self.records.take(places),
            [self.names[name] for name in present[order].tolist()],
            np.argsort(order)[user],
            self.times_ms[places],
            self.id_hash[places],
            self.actions,
            self.action[places],
            {new: self.decoded[old] for new, old in decoded},
            {new: self.facts[old] for new, old in decoded},
            self.measures,
            self.measured[places],
            self.undeclared[places],
        )
