"""The ledger of letters that were sent again: which record was chosen for each, and where it went."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.dead_letters import read_rejection
from schemas.redrives import OF, Begun, Done, LetterId, read_entry, to_headers, without_redrive
from stream_app.bootstrap.deployment import named_writer, topic_log
from stream_app.core.log import PlainRecord
from stream_app.deployment import KafkaConnection
from stream_app.ports.writing import OutgoingRecord, ProducerIdentity


class Intent(NamedTuple):
    """A record that is to be sent for a letter, where to, and as which producer."""

    begun: Begun
    record: OutgoingRecord


class Ledger(NamedTuple):
    """The intent that counts for each letter, and where letters have gone."""

    begun: Mapping[LetterId, Intent]
    done: Mapping[LetterId, Done]


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

    def begin(self, letter: LetterId, record: OutgoingRecord, partition: int, end: int) -> Begun:
        """Note that a record is to be sent for a letter to a partition of the events that ends at `end` now.

        Nothing may be sent before the ledger, read again, says that this note is the one that counts.
        """
        identity = named_writer(self.kafka).new_identity()
        begun = Begun(of=letter, partition=partition, end=end, producer=identity.producer_id, epoch=identity.epoch)
        self._write(letter, record._replace(headers=[*record.headers, *to_headers(begun)]))
        return begun

    def finish(self, done: Done) -> None:
        """Note where a letter has gone."""
        self._write(done.of, OutgoingRecord(str(done.of).encode(), None, to_headers(done), None))

    def _write(self, letter: LetterId, record: OutgoingRecord) -> None:
        writer = named_writer(self.kafka)
        writer.write_as(writer.new_identity(), self.topic, letter.partition, record)


def identity_of(begun: Begun) -> ProducerIdentity:
    """The producer that sends a record."""
    return ProducerIdentity(begun.producer, begun.epoch)


def _enter(record: PlainRecord, partition: int, begun: dict[LetterId, Intent], done: dict[LetterId, Done]) -> None:
    entry = None if read_rejection(record.headers) else read_entry(record.headers)
    if entry is None or entry.of.partition != partition:
        return
    if isinstance(entry, Done):
        done.setdefault(entry.of, entry)
    elif entry.of not in begun:
        headers = [*without_redrive(record.headers), (OF, str(entry.of).encode())]
        begun[entry.of] = Intent(entry, OutgoingRecord(record.key, record.value, headers, record.timestamp))
