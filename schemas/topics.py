"""The topics: what they are called, how they are keyed and kept, who writes and who reads them."""

from msgspec import Struct

_DAY_MS = 86_400_000
_MIB = 1 << 20

MAX_EVENT_BYTES = 256 * 1024
"""A larger event is poison (`too_large`). Lies below the topic's own limit, so that the bytes can still be kept."""

PARTITIONS = 8
"""Unless a deployment chooses otherwise, once and for life; the three topics of a deployment have equally many."""

FOR_EVER = -1
"""As a retention, in ms or in bytes."""


class Topic(Struct, kw_only=True, frozen=True):
    """A Kafka topic as this system uses it. `key` says what the record key holds, `partitions` how many by default."""

    name: str
    key: str
    partitions: int
    retention_ms: int
    max_message_bytes: int
    written_by: str
    read_by: str

    def config(self) -> dict[str, str]:
        """Its settings under Kafka's own names. Each topic is a log, not a table: never compacted, only aged out."""
        return {
            "cleanup.policy": "delete",
            "retention.bytes": str(FOR_EVER),
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": "CreateTime",
        }


CUSTOMER_EVENTS = Topic(
    name="customer-events",
    partitions=PARTITIONS,
    key="user id (control and clock records: none)",
    retention_ms=90 * _DAY_MS,
    max_message_bytes=1 * _MIB,
    written_by="producers, `churn models promote`, `churn dlq redrive`",
    read_by="the worker, replays",
)
CHURN_ALERTS = Topic(
    name="churn-alerts",
    partitions=PARTITIONS,
    key="user id; alerts of input partition p stand in partition p",
    retention_ms=120 * _DAY_MS,
    max_message_bytes=2 * _MIB,
    written_by="the worker, in transactions",
    read_by="contact-centre systems, the worker's recovery",
)
"""Kept for longer than events: those go a segment at a time, the oldest up to `segment.ms` late."""
DEAD_LETTERS = Topic(
    name="customer-events-dlq",
    partitions=PARTITIONS,
    key="the original key",
    retention_ms=FOR_EVER,
    max_message_bytes=2 * _MIB,
    written_by="the worker, in transactions; `churn dlq redrive`, its ledger",
    read_by="the worker's recovery, operations",
)
"""Never deleted: a letter has the time of its record, by which it would go at once if the record was sent long ago."""
TOPICS = (CUSTOMER_EVENTS, CHURN_ALERTS, DEAD_LETTERS)
