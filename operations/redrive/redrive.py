"""Sends dead letters again, each exactly once, whoever else does and wherever one is cut off.

    read the ledger → plan → note the intents → read the ledger again → send the intents that count → note their offsets

An intent is whole: the record, its partition and the identity under which brokers take it once. Intents of one identity
go as one batch. So one that was left behind is sent by whoever comes next; two who are at it at once send the same
batch, and it is written once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from operations.redrive.ledger import BatchPlace, Intent, LedgerTopic, place_of, places_of
from operations.redrive.originals import original
from operations.redrive.plan import Planned, Terms, plan
from schemas.errors import Poison
from schemas.redrives import Begun, Done, LetterId, letter_of
from stream_app.bootstrap.deployment import named_writer, topic_log
from stream_app.core.quantities import NOTHING_DECLARED, Declared
from stream_app.deployment import KafkaConnection, Topics
from stream_app.ports.dead_letters import Letter
from stream_app.ports.topic_log import TopicLog
from stream_app.ports.writing import OutgoingRecord

_MOST_LETTERS = 1000
_MOST_BYTES = 1 << 19
"""What goes into one batch: below what the events' topic takes, with what the ledger adds."""


class Refused(NamedTuple):
    """A letter that was not sent as was asked, and why."""

    of: LetterId
    why: str


class Redrive(NamedTuple):
    """Between which topics letters go, and the numbers that the deployment's workload takes from events."""

    kafka: KafkaConnection
    topics: Topics
    declared: Declared = NOTHING_DECLARED

    @property
    def ledger(self) -> LedgerTopic:
        """Where it is noted what was sent."""
        return LedgerTopic(self.kafka, self.topics.letters)

    def run(
        self, letters: Sequence[Letter], value: bytes | None, now_ms: int, *, dated_now: bool = False
    ) -> Iterator[Done | Refused]:
        """What became of each letter. `value` stands in for the value of all of them, None for each one's own.

        Records are dated `now_ms` where their events say when they were taken down, or in any case (`dated_now`).
        Raises Transient when the broker does not answer; what was begun is completed by the next run.
        """
        before, events = self.ledger.read(), self.events_log()
        terms = Terms(events.partitions, now_ms, dated_now, self.declared)
        wanted: dict[LetterId, bytes | None] = {}
        fresh: dict[LetterId, tuple[Letter, bytes | None]] = {}
        for letter in letters:
            if letter.id in before.done:
                yield _gone(before.done[letter.id])
                continue
            whole = letter if value is not None or letter.id in before.begun else original(letter, self.kafka)
            if isinstance(whole, str):
                yield Refused(letter.id, whole)
                continue
            wanted[letter.id] = whole.record.value if value is None else value
            if letter.id not in before.begun:
                fresh[letter.id] = (whole, wanted[letter.id])
        planned: dict[LetterId, Planned] = {}
        for one, told in plan(fresh, terms).items():
            if isinstance(told, Poison):
                del wanted[one]
                yield Refused(one, f"would be rejected again as {told.reason}: {told.message}")
            else:
                planned[one] = told
        noted = [begun for batch in _batches(planned) for begun in self.begin(batch, events)]
        yield from self._complete_all(wanted, places_of(noted))

    def events_log(self) -> TopicLog:
        """The events as they stand now."""
        return topic_log(self.kafka, self.topics.events, whole=False)

    def begin(self, planned: Mapping[LetterId, Planned], events: TopicLog) -> list[Begun]:
        """Note what is to be sent together, from one partition of the letters to one of the events."""
        partition = next(iter(planned.values())).partition
        records = {letter: one.record for letter, one in planned.items()}
        return self.ledger.begin(records, partition, events.end(partition))

    def send(self, intents: Sequence[Intent]) -> list[Done]:
        """Have the records of one batch in the events. A batch may be sent any number of times."""
        partition, identity = place_of(intents[0].begun)
        records = [intent.record for intent in intents]
        first = named_writer(self.kafka).write_as(identity, self.topics.events, partition, records)
        return _stand_from(first, intents)

    def found(self, intents: Sequence[Intent]) -> list[Done] | None:
        """Where the records of one batch stand in the events; None if it was not sent yet. It is written as a whole."""
        places = {intent.begun.of: place for place, intent in enumerate(intents)}
        begun = intents[0].begun
        for records in self.events_log().read(begun.partition, begun.end):
            for record in records:
                place = places.get(letter_of(record.headers) or begun.of._replace(offset=-1))
                if place is not None:
                    return _stand_from(record.offset - place, intents)
        return None

    def _complete_all(
        self, wanted: Mapping[LetterId, bytes | None], noted: set[BatchPlace]
    ) -> Iterator[Done | Refused]:
        """Batches are completed whole, those with letters that were not asked for too."""
        ledger = self.ledger.read()
        for letter in wanted:
            if letter in ledger.done:
                yield _gone(ledger.done[letter])
        left = wanted.keys() - ledger.done.keys()
        for place, intents in ledger.batches().items():
            if left.isdisjoint(intent.begun.of for intent in intents):
                continue
            sent = (None if place in noted else self.found(intents)) or self.send(intents)
            self.ledger.finish([one for one in sent if one.of not in ledger.done])
            for done, intent in zip(sent, intents, strict=True):
                if done.of in left:
                    yield done if intent.record.value == wanted[done.of] else _other(done)


def _batches(planned: Mapping[LetterId, Planned]) -> Iterator[dict[LetterId, Planned]]:
    """What goes together: from one partition of the letters to one of the events, up to a number and a size."""
    routes: dict[tuple[int, int], dict[LetterId, Planned]] = defaultdict(dict)
    for letter, one in planned.items():
        routes[letter.partition, one.partition][letter] = one
    for route in routes.values():
        batch: dict[LetterId, Planned] = {}
        size = 0
        for letter, one in route.items():
            size += _bytes_of(one.record)
            if batch and (size > _MOST_BYTES or len(batch) == _MOST_LETTERS):
                yield batch
                batch, size = {}, _bytes_of(one.record)
            batch[letter] = one
        yield batch


def _bytes_of(record: OutgoingRecord) -> int:
    of_headers = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + of_headers


def _stand_from(first: int, intents: Sequence[Intent]) -> list[Done]:
    return [
        Done(of=intent.begun.of, partition=intent.begun.partition, offset=first + place)
        for place, intent in enumerate(intents)
    ]


def _gone(done: Done) -> Refused:
    return Refused(done.of, f"was sent again before, to partition {done.partition}, offset {done.offset}")


def _other(done: Done) -> Refused:
    return Refused(
        done.of,
        f"had been begun with another value, which may have been sent already; that one is completed now, at "
        f"partition {done.partition}, offset {done.offset}, and the value given here is not sent",
    )


def chosen(letters: Iterable[Letter], ids: Sequence[LetterId]) -> tuple[list[Letter], list[Refused]]:
    """The letters with these ids, and a refusal for each id that none has."""
    found = {letter.id: letter for letter in letters if letter.id in set(ids)}
    missing = [Refused(one, "there is no such dead letter") for one in ids if one not in found]
    return [found[one] for one in dict.fromkeys(ids) if one in found], missing
