"""The second door: records that must be decoded. It admits their events and says of each other record what it is."""

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from schemas.errors import Poison
from schemas.events import USER_EVENTS, Control, UserEvent
from stream_app.core.blocks import Block
from stream_app.core.hashing import event_hashes
from stream_app.core.intake.admission import admitted_times, refusal_of
from stream_app.core.intake.decoding import decode_each
from stream_app.core.intake.facts import EventFact, carries_undeclared, facts_of
from stream_app.core.intake.instants import NO_TIME, instants_of
from stream_app.core.intake.outcome import DeadLetter, Intake
from stream_app.core.log import LogRecord
from stream_app.core.quantities import Declared
from stream_app.core.tables import Integers


class Decoded(NamedTuple):
    """The events that were admitted here, by their places in the batch, and what the first door says of its own."""

    places: list[int]
    events: list[UserEvent]
    facts: list[list[EventFact]]
    users: list[bytes]
    times_ms: Integers
    id_hash: NDArray[np.uint32]
    undeclared: NDArray[np.bool_]


def admit_decoded(block: Block, places: Integers, declared: Declared, intake: Intake) -> Decoded:
    """Decode the records at these places; what is no event, or is not admitted, is noted in the intake.

    At a control record that follows an event, of either door, the run ends: there `intake.end_offset` is set.
    """
    chosen, events = _events_among(block, places, intake)
    times_ms = _times_of(block.timestamps[chosen], events)
    admitted: list[int] = []
    facts: list[list[EventFact]] = []
    for at, (place, event) in enumerate(zip(chosen, events, strict=True)):
        try:
            if times_ms[at] == NO_TIME:
                raise refusal_of(event, int(block.timestamps[place]))
            facts.append(facts_of(event, declared))
            admitted.append(at)
        except Poison as poison:
            intake.dead.append(_letter(block[place], poison))
    intake.dead.sort(key=lambda letter: letter.record.offset)
    kept = [events[at] for at in admitted]
    return Decoded(
        places=[chosen[at] for at in admitted],
        events=kept,
        facts=facts,
        users=[cast("str", event.subject).encode() for event in kept],
        times_ms=times_ms[admitted],
        id_hash=event_hashes([event.source for event in kept], [event.id for event in kept]),
        undeclared=np.array([carries_undeclared(event, declared) for event in kept], np.bool_),
    )


def _events_among(block: Block, places: Integers, intake: Intake) -> tuple[list[int], list[UserEvent]]:
    """The events at these places, up to the first control record that follows any event of the batch."""
    found_before = next(iter(np.flatnonzero(places != np.arange(len(places))).tolist()), len(places))
    chosen: list[int] = []
    events: list[UserEvent] = []
    for place, told in zip(places.tolist(), decode_each(block.take(places)), strict=True):
        if isinstance(told, USER_EVENTS):
            chosen.append(place)
            events.append(told)
        elif isinstance(told, Poison):
            intake.dead.append(_letter(block[place], told))
        elif not isinstance(told, Control):
            intake.clocks += 1
        elif chosen or place > found_before:
            intake.end_offset = int(block.offsets[place])
            break
        else:
            intake.control = told.data
            intake.controls += 1
    return chosen, events


def _times_of(sent_ms: Integers, events: list[UserEvent]) -> Integers:
    """When each event happened; NO_TIME if it is not admitted."""
    texts, recorded = [event.time for event in events], [event.recordedtime for event in events]
    claimed_ms = instants_of(texts)
    if recorded == texts:
        ingested_ms = claimed_ms
    else:
        ingested_ms = sent_ms.copy()
        noted = [at for at, text in enumerate(recorded) if text is not None]
        ingested_ms[noted] = instants_of([cast("str", recorded[at]) for at in noted])
    times_ms = admitted_times(claimed_ms, ingested_ms)
    times_ms[[not event.subject for event in events]] = NO_TIME
    return times_ms


def _letter(record: LogRecord, poison: Poison) -> DeadLetter:
    return DeadLetter(record, poison.reason, poison.message)
