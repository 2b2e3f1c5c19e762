"""What is sent for dead letters: each event keyed and addressed anew, if the worker will take it this time."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from schemas.dead_letters import own_headers
from schemas.errors import Poison
from schemas.events import USER_EVENTS, Record, UserEvent
from schemas.redrives import LetterId, without_redrive
from schemas.values import decode_record
from stream_app.core.hashing import murmur2_at
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.core.quantities import NOTHING_DECLARED, Declared
from stream_app.ports.dead_letters import Letter
from stream_app.ports.writing import OutgoingRecord


class Planned(NamedTuple):
    """A record, and the partition of the events that its user belongs to."""

    partition: int
    record: OutgoingRecord


class Terms(NamedTuple):
    """Under which letters are sent: the events' partitions, the present, whether records are dated by it in any case,
    and the numbers that the workload takes from events."""

    partitions: int
    now_ms: int
    dated_now: bool = False
    declared: Declared = NOTHING_DECLARED


def plan(letters: Mapping[LetterId, tuple[Letter, bytes | None]], terms: Terms) -> dict[LetterId, Planned | Poison]:
    """For each letter the record that carries this value, with the headers that the record came with; or why the worker
    would reject it again, or that it is addressed to a partition and not to a user."""
    plans: dict[LetterId, Planned | Poison] = {}
    for one, (letter, value) in letters.items():
        try:
            plans[one] = _planned(letter, value, terms)
        except Poison as poison:
            plans[one] = poison
    return plans | _rejected(plans, terms)


def _planned(letter: Letter, value: bytes | None, terms: Terms) -> Planned:
    event = decode_record(value)
    if not isinstance(event, USER_EVENTS):
        raise Poison("schema", "it is no event of a user: have its source write it to its partition again")
    key = _key_of(event)
    headers = without_redrive(own_headers(letter.record.headers))
    return Planned(_home(key, terms.partitions), OutgoingRecord(key, value, headers, _sent_at(event, letter, terms)))


def _key_of(event: UserEvent) -> bytes:
    if not event.subject:
        raise Poison("no_user", "the event has no subject")
    return event.subject.encode()


def _rejected(plans: Mapping[LetterId, Planned | Poison], terms: Terms) -> dict[LetterId, Poison]:
    """Those that the worker would reject, in the partition that they are planned for."""
    by_home: dict[int, list[tuple[LetterId, OutgoingRecord]]] = defaultdict(list)
    for letter, planned in plans.items():
        if isinstance(planned, Planned):
            by_home[planned.partition].append((letter, planned.record))
    rejected = {}
    for home, chosen in by_home.items():
        records = [
            PlainRecord(offset, record.timestamp or 0, record.key, record.value)
            for offset, (_, record) in enumerate(chosen)
        ]
        for dead in take_in(records, home, terms.partitions, declared=terms.declared).dead:
            rejected[chosen[dead.record.offset][0]] = Poison(dead.reason, dead.message)
    return rejected


def _sent_at(event: Record, letter: Letter, terms: Terms) -> int:
    """The present, but an event that does not say when it was taken down keeps the time at which it was first sent:
    that is its ingest time, and held against the present it would pass for older, or for less ahead, than it was.
    """
    keeps = event.recordedtime is None and not terms.dated_now
    return letter.rejection.timestamp if keeps else terms.now_ms


def _home(key: bytes, partitions: int) -> int:
    begin, size = np.zeros(1, np.int64), np.full(1, len(key), np.int64)
    return int(murmur2_at(np.frombuffer(key, np.uint8), begin, size)[0]) % partitions
