"""A record that is sent again under its producer's identity stands in the log once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from aiokafka import TopicPartition

from schemas.errors import Transient
from stack.local import Services
from stream_app.adapters.kafka.named_writer import KafkaNamedWriter
from stream_app.ports.writing import OutgoingRecord, ProducerIdentity
from tests.e2e.deployment import read_topic
from tests.support.connections import NOWHERE, deployment_at, kafka_of
from tests.support.decision_deployments import InKafka

RECORD = OutgoingRecord(b"ana", b"value", [("trace", b"\xff")], 1_709_251_200_123)


@pytest.fixture
def at(stack: Services, prefix: str) -> TopicPartition:
    return TopicPartition(InKafka(deployment_at(stack, prefix)).topic, 1)


def test_a_record_that_is_sent_again_under_its_identity_is_written_once_and_its_offset_is_told(
    stack: Services, at: TopicPartition
) -> None:
    writer = KafkaNamedWriter(kafka_of(stack))
    first, other = writer.new_identity(), writer.new_identity()
    assert writer.write_as(other, at.topic, at.partition, [RECORD]) == 0
    assert [writer.write_as(first, at.topic, at.partition, [RECORD]) for _ in range(3)] == [1, 1, 1]
    assert writer.write_as(other, at.topic, at.partition, [RECORD]) == 0
    written = read_topic(kafka_of(stack), at.topic)[1]
    assert [(one.offset, one.key, one.value, one.timestamp, list(one.headers)) for one in written] == [
        (0, *_told()),
        (1, *_told()),
    ]


def _told() -> tuple[object, ...]:
    return RECORD.key, RECORD.value, RECORD.timestamp, list(RECORD.headers)


def test_senders_at_the_same_moment_share_one_record(stack: Services, at: TopicPartition) -> None:
    writer = KafkaNamedWriter(kafka_of(stack))
    identity = writer.new_identity()
    with ThreadPoolExecutor(6) as senders:
        offsets = list(senders.map(lambda _: writer.write_as(identity, at.topic, at.partition, [RECORD]), range(12)))
    assert set(offsets) == {0}
    assert len(read_topic(kafka_of(stack), at.topic)[1]) == 1


def test_a_batch_that_is_sent_again_is_written_once_and_as_a_whole(stack: Services, at: TopicPartition) -> None:
    writer, batch = KafkaNamedWriter(kafka_of(stack)), [RECORD._replace(value=b"%d" % place) for place in range(700)]
    assert writer.write(at.topic, at.partition, [RECORD]) == 0
    identity = writer.new_identity()
    assert [writer.write_as(identity, at.topic, at.partition, batch) for _ in range(2)] == [1, 1]
    assert [one.value for one in read_topic(kafka_of(stack), at.topic)[1]] == [
        RECORD.value,
        *(one.value for one in batch),
    ]


def test_kafka_that_is_not_there_is_a_transient_error() -> None:
    writer = KafkaNamedWriter(NOWHERE.kafka)
    with pytest.raises(Transient):
        writer.new_identity()
    with pytest.raises(Transient):
        writer.write_as(ProducerIdentity(1, 0), "events", 0, [RECORD])
