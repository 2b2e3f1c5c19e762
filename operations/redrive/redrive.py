"""Sends dead letters again, each exactly once, whoever else does and wherever one is cut off.

    read the ledger → plan → note the intents → read the ledger again → send the intents that count → note their offsets

An intent is whole: the record, its partition and the identity under which brokers take it once. So one that was left
behind is sent by whoever comes next; two who are at it at once send the same record, and it is written once.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from operations.redrive.ledger import Intent, Ledger, LedgerTopic, identity_of
from operations.redrive.plan import Planned, plan
from schemas.errors import Poison
from schemas.redrives import Begun, Done, LetterId, letter_of
from stream_app.bootstrap.deployment import named_writer, topic_log
from stream_app.deployment import KafkaConnection, Topics
from stream_app.ports.dead_letters import Letter
from stream_app.ports.topic_log import TopicLog


class Refused(NamedTuple):
    """A letter that was not sent as was asked, and why."""

    of: LetterId
    why: str


class Redrive(NamedTuple):
    """Between which topics letters go."""

    kafka: KafkaConnection
    topics: Topics

    @property
    def ledger(self) -> LedgerTopic:
        """Where it is noted what was sent."""
        return LedgerTopic(self.kafka, self.topics.letters)

    def run(self, letters: Sequence[Letter], value: bytes | None, now_ms: int) -> Iterator[Done | Refused]:
        """What became of each letter. `value` stands in for the value of all of them, None for each one's own.

        Raises Transient when the broker does not answer; what was begun is completed by the next run.
        """
        wanted: dict[LetterId, bytes | None] = {}
        noted: set[Begun] = set()
        before, events = self.ledger.read(), self.events_log()
        for letter in letters:
            sent = letter.record.value if value is None else value
            refused = _refused(letter, before) or self._begin(letter, sent, events, before, noted, now_ms)
            if refused:
                yield refused
            else:
                wanted[letter.id] = sent
        yield from self._complete_all(wanted, noted)

    def events_log(self) -> TopicLog:
        """The events as they stand now."""
        return topic_log(self.kafka, self.topics.events, whole=False)

    def begin(self, letter: Letter, planned: Planned, events: TopicLog) -> Begun:
        """Note what is to be sent for a letter."""
        return self.ledger.begin(letter.id, planned.record, planned.partition, events.end(planned.partition))

    def send(self, intent: Intent) -> Done:
        """Have the record in the events. An intent may be sent any number of times."""
        begun, writer = intent.begun, named_writer(self.kafka)
        offset = writer.write_as(identity_of(begun), self.topics.events, begun.partition, intent.record)
        return Done(of=begun.of, partition=begun.partition, offset=offset)

    def found(self, intent: Intent) -> Done | None:
        """Where the record of an intent stands in the events; None if it was not sent yet."""
        begun = intent.begun
        for records in self.events_log().read(begun.partition, begun.end):
            for record in records:
                if letter_of(record.headers) == begun.of:
                    return Done(of=begun.of, partition=begun.partition, offset=record.offset)
        return None

    def _begin(
        self, letter: Letter, value: bytes | None, events: TopicLog, ledger: Ledger, noted: set[Begun], now_ms: int
    ) -> Refused | None:
        if letter.id in ledger.begun:
            return None
        try:
            planned = plan(letter, value, events.partitions, now_ms)
        except Poison as poison:
            return Refused(letter.id, f"would be rejected again as {poison.reason}: {poison.message}")
        noted.add(self.begin(letter, planned, events))
        return None

    def _complete_all(self, wanted: dict[LetterId, bytes | None], noted: set[Begun]) -> Iterator[Done | Refused]:
        ledger = self.ledger.read()
        for letter, value in wanted.items():
            if letter in ledger.done:
                yield _gone(ledger.done[letter])
                continue
            intent = ledger.begun[letter]
            done = (None if intent.begun in noted else self.found(intent)) or self.send(intent)
            self.ledger.finish(done)
            yield done if intent.record.value == value else _other(done)


def _refused(letter: Letter, ledger: Ledger) -> Refused | None:
    return _gone(ledger.done[letter.id]) if letter.id in ledger.done else None


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
