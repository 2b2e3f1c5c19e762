"""From log records to admitted events, through two doors: what is found in the bytes, and what must be decoded.

Nothing here depends on where a batch was cut, except that a batch ends before a control record that follows events: so
one model and one policy are in force for all events of a batch.
"""

from collections.abc import Collection, Sequence

import numpy as np

from schemas.errors import Poison
from stream_app.core.blocks import Block
from stream_app.core.hashing import event_hashes_at, murmur2_at
from stream_app.core.intake.decoded import Decoded, admit_decoded
from stream_app.core.intake.events import Events
from stream_app.core.intake.found import Found, admit_found
from stream_app.core.intake.instants import NO_TIME
from stream_app.core.intake.numbering import gathered, numbered, texts_at
from stream_app.core.intake.outcome import DeadLetter, Intake
from stream_app.core.log import LogRecord
from stream_app.core.quantities import ABSENT, NOTHING_DECLARED, Declared
from stream_app.core.tables import Bytes, Integers

_SHOWN_OF_KEY = 200


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
    block = Block.of(records)
    if barred and len(block):
        first = next(iter(np.flatnonzero(np.isin(block.offsets, list(barred))).tolist()), len(block))
        if first == 0:
            return set_aside(block[0], "it was set aside before", Poison.__name__)
        block = block[:first]
    intake = Intake(end_offset=block.end)
    found = admit_found(block, declared)
    decoded = admit_decoded(block, np.flatnonzero(found.times_ms == NO_TIME), declared, intake)
    intake.events, homes = _joined(block, found, decoded, intake.end_offset, partitions)
    _reject_mispartitioned(intake, homes, partition)
    return intake


def set_aside(record: LogRecord, message: str, error: str) -> Intake:
    """A run of one record, which our own code cannot apply."""
    return Intake(end_offset=record.offset + 1, dead=[DeadLetter(record, "bug", message, error)])


def _joined(block: Block, found: Found, decoded: Decoded, end_offset: int, partitions: int) -> tuple[Events, Integers]:
    """The events of both doors as one run in log order, and the home partition of each of its users."""
    text, users, others = found.text, found.users, decoded.places
    id_hash = event_hashes_at(found.text, *found.sources, *found.ids)
    found.times_ms[block.place_of(end_offset) :] = NO_TIME
    if others:
        found.times_ms[others], id_hash[others] = decoded.times_ms, decoded.id_hash
        found.units[others], found.undeclared[others] = ABSENT, decoded.undeclared
        found.actions[1, others] = 0
        text, users = _with_others(found, decoded)
    kept = np.flatnonzero(found.times_ms != NO_TIME)
    names, user, hashes = _looked_up(text, users[:, kept])
    actions, action, _ = _looked_up(found.text, found.actions[:, kept])
    fresh = np.searchsorted(kept, others).tolist()
    events = Events(
        records=block if len(kept) == len(block) else block.take(kept),
        names=names,
        user=user,
        times_ms=found.times_ms[kept],
        id_hash=id_hash[kept],
        actions=actions,
        action=action,
        decoded=dict(zip(fresh, decoded.events, strict=True)),
        facts=dict(zip(fresh, decoded.facts, strict=True)),
        measures=found.measures,
        measured=found.units[kept],
        undeclared=found.undeclared[kept],
    )
    return events, hashes % partitions


def _with_others(found: Found, decoded: Decoded) -> tuple[Bytes, Integers]:
    """The users of all events in one text, those that had to be decoded behind the rest."""
    text, begins = gathered(found.text, *found.users)
    sizes = found.users[1].copy()
    of_others = np.fromiter(map(len, decoded.users), np.int64, len(decoded.users))
    begins[decoded.places] = len(text) + np.cumsum(of_others) - of_others
    sizes[decoded.places] = of_others
    joined = np.concatenate([text, np.frombuffer(b"".join(decoded.users), np.uint8)])
    return joined, np.stack([begins, sizes])


def _looked_up(text: Bytes, spans: Integers) -> tuple[list[str], Integers, Integers]:
    """The different texts that stand in a text, the number of each place's among them, and their hashes."""
    begins, sizes = spans
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
        record, user = events.records[place], events.names[events.user[place]]
        text = f"user {user} belongs to partition {home[place]}: {_key_advice(record.key, user)}"
        intake.dead.append(DeadLetter(record, "mispartitioned", text))
    intake.events = events.where(home == partition)
    intake.dead.sort(key=lambda letter: letter.record.offset)


def _key_advice(key: bytes | None, user: str) -> str:
    """What to do about the key with which an event went astray."""
    if key is None:
        return "the record has no key, and the user's id is wanted there"
    shown = key[:_SHOWN_OF_KEY].decode("utf-8", "backslashreplace")
    if key == user.encode():
        return "its key is the user's id, so have its producer use murmur2 (partitioner=murmur2_random)"
    if key.strip(b'"') == user.encode():
        return f"its key is {shown}, the user's id in quotes: serialise keys as strings and not as JSON"
    return f"its key is {shown!r}, and the user's id is wanted there"
