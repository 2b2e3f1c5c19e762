"""From log records to admitted events: decode, admit or reject each record.

Canonical activity events are found in the bytes; all other records are decoded. Nothing here depends on where a batch
was cut, except that a batch ends before a control record that follows events: so one model and one policy are in force
for all events of a batch.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from schemas.dead_letters import Reason
from schemas.errors import Poison
from schemas.events import USER_EVENTS, Clock, Control, ControlData, Record, UserEvent
from stream_app.core.hashing import event_hashes, event_hashes_at, murmur2_at
from stream_app.core.intake.admission import admit, admitted_times, instant_ms
from stream_app.core.intake.canonical import ACTION, ID, RECORDED, SOURCE, SUBJECT, TIME, Bytes, Found, find
from stream_app.core.intake.decoding import decode_all, decode_record
from stream_app.core.intake.events import Events
from stream_app.core.intake.facts import Fact, carries_undeclared, facts_of
from stream_app.core.intake.instants import NO_TIME, parse_at, parse_canonical
from stream_app.core.intake.numbering import gathered, numbered, texts_at
from stream_app.core.log import LogRecord
from stream_app.core.quantities import ABSENT, BEYOND, NOTHING_DECLARED, Declared, all_quantised
from stream_app.core.tables import Integers


@dataclass(frozen=True)
class DeadLetter:
    """A record that can never be applied, and why; `error` is the class of what was raised."""

    record: LogRecord
    reason: Reason
    message: str
    error: str = Poison.__name__


@dataclass
class Intake:
    """A run of records, sorted out. `control` is what comes into force before its first event, if anything does."""

    end_offset: int
    control: ControlData | None = None
    events: Events = field(default_factory=Events)
    dead: list[DeadLetter] = field(default_factory=list)
    controls: int = 0
    clocks: int = 0

    @property
    def undeclared(self) -> int:
        """How many of the events carry a measure that the workload does not declare."""
        return int(self.events.undeclared.sum())


class _Others(NamedTuple):
    """Events that had to be decoded and are admitted: their places in the batch, what they say, and times. `end` is
    where the batch ends."""

    end: int
    places: list[int]
    events: list[UserEvent]
    facts: list[list[Fact]]
    times_ms: Integers


class _Numbers(NamedTuple):
    """The measures of found events in the units that were declared, by record and measure, and which carry others."""

    declared: Declared
    measures: tuple[str, ...]
    units: Integers
    undeclared: NDArray[np.bool_]


def take_in(
    records: Sequence[LogRecord],
    partition: int,
    partitions: int,
    barred: Collection[int] = frozenset(),
    declared: Declared = NOTHING_DECLARED,
) -> Intake:
    """Sort out a run of records of one partition, up to the first control record that follows an event.

    `declared` are the numbers and categories that are taken from events; one that cannot be kept is poison.
    `barred` are offsets that were set aside as `bug` before: a run ends before such a record, or is that record alone.
    """
    if barred:
        first = next((place for place, record in enumerate(records) if record.offset in barred), len(records))
        if first == 0:
            return set_aside(records[0], "it was set aside before", Poison.__name__)
        records = records[:first]
    found = find([record.value or b"" for record in records], tuple(declared.measures))
    times_ms = _times_of(found, records)
    numbers = _numbers_of(found, declared, times_ms)
    intake = Intake(end_offset=records[-1].offset + 1)
    others = _decoded(records, np.flatnonzero(times_ms == NO_TIME).tolist(), intake, declared)
    if others.end < len(records):
        intake.end_offset = records[others.end - 1].offset + 1
        times_ms[others.end :] = NO_TIME
    intake.events, homes = _events_of(records, found, times_ms, numbers, others, partitions)
    _reject_mispartitioned(intake, homes, partition)
    return intake


def set_aside(record: LogRecord, message: str, error: str) -> Intake:
    """A run of one record, which our own code cannot apply."""
    return Intake(end_offset=record.offset + 1, dead=[DeadLetter(record, "bug", message, error)])


def _times_of(found: Found, records: Sequence[LogRecord]) -> Integers:
    """When each record that was found happened; NO_TIME if it was not found, or might not be admitted."""
    claimed_ms = parse_at(found.text, found.begins[TIME], found.sizes[TIME])
    ingested_ms = parse_at(found.text, found.begins[RECORDED], found.sizes[RECORDED])
    for place in np.flatnonzero(found.taken & (found.sizes[RECORDED] == 0)).tolist():
        ingested_ms[place] = records[place].timestamp
    return admitted_times(claimed_ms, ingested_ms)


def _numbers_of(found: Found, declared: Declared, times_ms: Integers) -> _Numbers:
    """The measures of what was found. What carries one that cannot be kept is not admitted here: it loses its time."""
    units = all_quantised(found.measures, list(declared.measures.values()))
    times_ms[(units == BEYOND).any(axis=1)] = NO_TIME
    if (units == ABSENT).all():
        return _Numbers(declared, (), units[:, :0], found.undeclared)
    return _Numbers(declared, tuple(declared.measures), units, found.undeclared)


def _decoded(records: Sequence[LogRecord], places: list[int], intake: Intake, declared: Declared) -> _Others:
    """The events among the records at these places; what else stands there is noted in the intake."""
    chosen = [records[place] for place in places]
    decoded = decode_all([record.value for record in chosen])
    times_ms = None if decoded is None else _admit_all(chosen, decoded)
    if times_ms is not None:
        events = cast("list[UserEvent]", decoded)
        with suppress(Poison):
            facts = [facts_of(event, declared) for event in events]
            return _Others(len(records), places, events, facts, times_ms)
    return _one_by_one(records, places, intake, declared)


def _admit_all(records: Sequence[LogRecord], decoded: list[Record]) -> Integers | None:
    """The times of the records if all of them are events, and none is poison; None if they must be told apart."""
    if not set(map(type, decoded)).issubset(USER_EVENTS) or not all(event.subject for event in decoded):
        return None
    texts = [event.time for event in decoded]
    recorded = [event.recordedtime for event in decoded]
    claimed = parse_canonical(texts)
    if recorded == texts:
        ingested = claimed
    elif recorded.count(None) == len(recorded):
        ingested = np.fromiter((record.timestamp for record in records), np.int64, len(records))
    else:
        return None
    if claimed is None or ingested is None:
        return None
    times_ms = admitted_times(claimed, ingested)
    return None if (times_ms == NO_TIME).any() else times_ms


def _one_by_one(records: Sequence[LogRecord], places: list[int], intake: Intake, declared: Declared) -> _Others:
    """Sort out the records at these places, up to the first control record that follows any event."""
    begun = next((at for at, place in enumerate(places) if at != place), len(places))
    end = len(records)
    admitted: list[int] = []
    events: list[UserEvent] = []
    facts: list[list[Fact]] = []
    times_ms: list[int] = []
    for place in places:
        record = records[place]
        try:
            decoded = decode_record(record.value)
            if isinstance(decoded, Control):
                instant_ms(decoded.time)
                if admitted or place > begun:
                    end = place
                    break
                intake.control = decoded.data
                intake.controls += 1
            elif isinstance(decoded, Clock):
                instant_ms(decoded.time)
                intake.clocks += 1
            else:
                _, time_ms = admit(decoded, record.timestamp)
                facts.append(facts_of(decoded, declared))
                admitted.append(place)
                events.append(decoded)
                times_ms.append(time_ms)
        except Poison as poison:
            intake.dead.append(DeadLetter(record, poison.reason, poison.message))
    return _Others(end, admitted, events, facts, np.array(times_ms, np.int64))


def _events_of(
    records: Sequence[LogRecord],
    found: Found,
    times_ms: Integers,
    numbers: _Numbers,
    others: _Others,
    partitions: int,
) -> tuple[Events, Integers]:
    """Found and decoded events as one run, and the home partition of each of its users."""
    text, begins, sizes = found.text, found.begins[SUBJECT], found.sizes[SUBJECT]
    id_hash = event_hashes_at(text, found.begins[SOURCE], found.sizes[SOURCE], found.begins[ID], found.sizes[ID])
    if others.places:
        times_ms[others.places] = others.times_ms
        id_hash[others.places] = event_hashes([one.source for one in others.events], [one.id for one in others.events])
        found.sizes[ACTION, others.places] = 0
        numbers.units[others.places] = ABSENT
        numbers.undeclared[others.places] = [carries_undeclared(event, numbers.declared) for event in others.events]
        text, begins, sizes = _with_others(found, others)
    kept = np.flatnonzero(times_ms != NO_TIME)
    names, user, hashes = _looked_up(text, begins[kept], sizes[kept])
    actions, action, _ = _looked_up(found.text, found.begins[ACTION, kept], found.sizes[ACTION, kept])
    fresh = np.searchsorted(kept, others.places).tolist()
    chosen = list(records) if len(kept) == len(records) else [records[place] for place in kept.tolist()]
    events = Events(
        records=chosen,
        names=names,
        user=user,
        times_ms=times_ms[kept],
        id_hash=id_hash[kept],
        actions=actions,
        action=action,
        decoded=dict(zip(fresh, others.events, strict=True)),
        facts=dict(zip(fresh, others.facts, strict=True)),
        measures=numbers.measures,
        measured=numbers.units[kept],
        undeclared=numbers.undeclared[kept],
    )
    return events, hashes % partitions


def _with_others(found: Found, others: _Others) -> tuple[Bytes, Integers, Integers]:
    """The users of all events in one text, those that had to be decoded behind the rest."""
    text, begins = gathered(found.text, found.begins[SUBJECT], found.sizes[SUBJECT])
    users = [cast("str", event.subject).encode() for event in others.events]
    user_sizes, sizes = np.fromiter(map(len, users), np.int64, len(users)), found.sizes[SUBJECT].copy()
    begins[others.places] = len(text) + np.cumsum(user_sizes) - user_sizes
    sizes[others.places] = user_sizes
    return np.concatenate([text, np.frombuffer(b"".join(users), np.uint8)]), begins, sizes


def _looked_up(text: Bytes, begins: Integers, sizes: Integers) -> tuple[list[str], Integers, Integers]:
    """The different texts that stand in a text, the number of each place's among them, and their hashes."""
    hashes = murmur2_at(text, begins, sizes)
    number, first = numbered(text, begins, sizes, hashes)
    return texts_at(text, begins[first], sizes[first]), number, hashes[first]


def _reject_mispartitioned(intake: Intake, homes: Integers, partition: int) -> None:
    """A user's events must all stand in the partition that murmur2 gives, or there would be two states of one user."""
    if (homes == partition).all():
        return
    events = intake.events
    home = homes[events.user]
    for place in np.flatnonzero(home != partition).tolist():
        text = f"user {events.names[events.user[place]]} belongs to partition {home[place]}: produce with murmur2"
        intake.dead.append(DeadLetter(events.records[place], "mispartitioned", text))
    intake.events = events.where(home == partition)
    intake.dead.sort(key=lambda letter: letter.record.offset)
