"""What is sent for a dead letter: the event keyed and addressed anew, if the worker will take it this time."""

from typing import NamedTuple

import numpy as np

from schemas.dead_letters import own_headers
from schemas.errors import Poison
from schemas.events import USER_EVENTS, Record
from schemas.redrives import without_redrive
from stream_app.core.hashing import murmur2_at
from stream_app.core.intake.decoding import decode_record
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.ports.dead_letters import Letter
from stream_app.ports.writing import OutgoingRecord


class Planned(NamedTuple):
    """A record, and the partition of the events that its user belongs to."""

    partition: int
    record: OutgoingRecord


def plan(letter: Letter, value: bytes | None, partitions: int, now_ms: int) -> Planned:
    """The record that carries `value`, the letter's own or a repaired one, with the headers that the record came with.

    Raises Poison when the worker would reject it again, or when it is addressed to a partition and not to a user.
    """
    event = decode_record(value)
    if not isinstance(event, USER_EVENTS):
        raise Poison("schema", "it is no event of a user: have its source write it to its partition again")
    if not event.subject:
        raise Poison("no_user", "the event has no subject")
    key = event.subject.encode()
    home = _home(key, partitions)
    sent_ms = _sent_at(event, letter, now_ms)
    intake = take_in([PlainRecord(0, sent_ms, key, value)], home, partitions)
    for rejected in intake.dead:
        raise Poison(rejected.reason, rejected.message)
    return Planned(home, OutgoingRecord(key, value, without_redrive(own_headers(letter.record.headers)), sent_ms))


def _sent_at(event: Record, letter: Letter, now_ms: int) -> int:
    """The present, but an event that does not say when it was taken down keeps the time at which it was first sent:
    that is its ingest time, and held against the present it would pass for older, or for less ahead, than it was.
    """
    return letter.rejection.timestamp if event.recordedtime is None else now_ms


def _home(key: bytes, partitions: int) -> int:
    begin, size = np.zeros(1, np.int64), np.full(1, len(key), np.int64)
    return int(murmur2_at(np.frombuffer(key, np.uint8), begin, size)[0]) % partitions
