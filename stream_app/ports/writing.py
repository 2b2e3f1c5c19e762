"""Writes single records under a producer's identity that outlives its process.

A broker takes the same record of the same producer once. So whoever knows the identity may send the record again,
after a crash or beside the first sender, and gets the offset that it has already.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class OutgoingRecord(NamedTuple):
    """A record to be published. `timestamp` in ms, None for now."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    timestamp: int | None


class ProducerIdentity(NamedTuple):
    """A producer as brokers know it. One identity serves for one record of a partition."""

    producer_id: int
    epoch: int


class NamedWriter(Protocol):
    """Raises Transient when Kafka does not answer."""

    def new_identity(self) -> ProducerIdentity:
        """One that nobody else has."""

    def write_as(self, identity: ProducerIdentity, topic: str, partition: int, record: OutgoingRecord) -> int:
        """The offset of a record, whether it is written now or was written under this identity before.

        Brokers forget an identity a day after its record (`producer.id.expiration.ms`): look first who comes that late.
        When Transient is raised, the record may have been written all the same.
        """
