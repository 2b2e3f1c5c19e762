"""Writes records under a producer's identity that outlives its process.

A broker takes the same batch of the same producer once. So whoever knows the identity and the records may send them
again, after a crash or beside the first sender, and gets the offsets that they have already.
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
    """A producer as brokers know it. One identity serves for one batch of a partition."""

    producer_id: int
    epoch: int


class NamedWriter(Protocol):
    """Raises Transient when Kafka does not answer."""

    def new_identity(self) -> ProducerIdentity:
        """One that nobody else has."""

    def write(self, topic: str, partition: int, records: Sequence[OutgoingRecord]) -> int:
        """The offset of the first of records that are written together, or not at all."""

    def write_as(
        self, identity: ProducerIdentity, topic: str, partition: int, records: Sequence[OutgoingRecord]
    ) -> int:
        """The same under an identity: whether they are written now, or were written under it before.

        Brokers forget an identity a day after its batch (`producer.id.expiration.ms`): look first who comes that late.
        When Transient is raised, the records may have been written all the same.
        """
