"""The ledger of letters that were sent again: which record was chosen for each, and where it went."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from schemas.dead_letters import read_rejection
from schemas.redrives import OF, Begun, Done, LetterId, read_entry, to_headers, without_redrive
from stream_app.bootstrap.deployment import named_writer, topic_log
from stream_app.core.log import PlainRecord
from stream_app.deployment import KafkaConnection
from stream_app.ports.writing import OutgoingRecord, ProducerIdentity

BatchPlace = tuple[int, ProducerIdentity]
"""A partition of the events, and the producer that sends one batch to it."""


class Intent(NamedTuple):
    """A record that is to be sent for a letter, where to, and as which producer."""

    begun: Begun
    record: OutgoingRecord


class Ledger(NamedTuple):
    """The intent that counts for each letter, and where letters have gone."""

    begun: Mapping[LetterId, Intent]
    done: Mapping[LetterId, Done]

    def batches(self) -> dict[BatchPlace, list[Intent]]:
        """The intents that count, as they are sent together: in an order that everyone reads alike."""
        found: dict[BatchPlace, list[Intent]] = {}
        for intent in self.begun.values():
            found.setdefault(place_of(intent.begun), []).append(intent)
        return found


class LedgerTopic(NamedTuple):
    """Where the ledger is kept: beside the dead letters."""

    kafka: KafkaConnection
    topic: str

    def read(self) -> Ledger:
        """The ledger as it stands now. Raises Transient when the broker does not answer."""
        log = topic_log(self.kafka, self.topic, whole=False)
        begun: dict[LetterId, Intent] = {}
        done: dict[LetterId, Done] = {}
        for partition in range(log.partitions):
            for records in log.read(partition):
                for record in records:
                    _enter(record, partition, begun, done)
        return Ledger(begun, done)

    def begin(self, records: Mapping[LetterId, OutgoingRecord], partition: int, end: int) -> list[Begun]:
        """Note that records are to be sent together, for letters of one partition, to a partition of the events that
        ends at `end` now.

        Nothing may be sent before the ledger, read again, says which of these notes count.
        """
        producer = named_writer(self.kafka).new_identity()
        begun = [
            Begun(of=letter, partition=partition, end=end, producer=producer.producer_id, epoch=producer.epoch)
            for letter in records
        ]
        noted = [
            record._replace(headers=[*record.headers, *to_headers(one)])
            for one, record in zip(begun, records.values(), strict=True)
        ]
        self._write(begun[0].of.partition, noted)
        return begun

    def finish(self, done: Sequence[Done]) -> None:
        """Note where the letters of one batch have gone."""
        noted = [OutgoingRecord(str(one.of).encode(), None, to_headers(one), None) for one in done]
        self._write(done[0].of.partition, noted)

    def _write(self, partition: int, records: Sequence[OutgoingRecord]) -> None:
        named_writer(self.kafka).write(self.topic, partition, records)


def place_of(begun: Begun) -> BatchPlace:
    """Where to, and as which producer, a record is sent."""
    return begun.partition, ProducerIdentity(begun.producer, begun.epoch)


def places_of(begun: Iterable[Begun]) -> set[BatchPlace]:
    """The same of many."""
    return {place_of(one) for one in begun}


def _enter(record: PlainRecord, partition: int, begun: dict[LetterId, Intent], done: dict[LetterId, Done]) -> None:
    entry = None if read_rejection(record.headers) else read_entry(record.headers)
    if entry is None or entry.of.partition != partition:
        return
    if isinstance(entry, Done):
        done.setdefault(entry.of, entry)
    elif entry.of not in begun:
        headers = [*without_redrive(record.headers), (OF, str(entry.of).encode())]
        begun[entry.of] = Intent(entry, OutgoingRecord(record.key, record.value, headers, record.timestamp))
