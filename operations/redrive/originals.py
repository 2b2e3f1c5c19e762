"""Finds the whole record of a letter that holds only the beginning of it: where it stood in the events."""

from hashlib import sha256

from schemas.errors import ContractViolation
from stream_app.bootstrap.deployment import topic_log
from stream_app.core.log import PlainRecord
from stream_app.deployment import KafkaConnection
from stream_app.ports.dead_letters import Letter


def original(letter: Letter, kafka: KafkaConnection) -> Letter | str:
    """The letter with its record whole, or why it cannot be had any more. Raises Transient without a broker."""
    why = letter.rejection
    if why.sha256 is None:
        return letter
    record = _standing_at(letter, kafka)
    if record is None:
        return (
            f"holds the beginning of its value alone ({why.size} bytes), and the record is gone from {why.topic} "
            f"{why.partition}/{why.offset}: repair it with `churn dlq redrive --value`"
        )
    if sha256(record.value or b"").hexdigest() != why.sha256:
        return (
            f"holds the beginning of its value alone ({why.size} bytes), and another record stands in {why.topic} "
            f"{why.partition}/{why.offset} now: repair it with `churn dlq redrive --value`"
        )
    return letter._replace(record=record._replace(offset=letter.record.offset))


def _standing_at(letter: Letter, kafka: KafkaConnection) -> PlainRecord | None:
    why = letter.rejection
    try:
        log = topic_log(kafka, why.topic, whole=False)
    except ContractViolation:
        return None
    if why.partition >= log.partitions or not log.begin(why.partition) <= why.offset < log.end(why.partition):
        return None
    found = next(log.read(why.partition, why.offset)).between(why.offset, why.offset + 1)
    return found[0] if found else None
