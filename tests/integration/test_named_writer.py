"""A record that is sent again under its producer's identity stands in the log once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from aiokafka import TopicPartition

from schemas.errors import Transient
from stack.local import Services
from stream_app.adapters.kafka.named_writer import Identity, new_identity, write_as
from stream_app.adapters.kafka.publisher import Outgoing
from tests.e2e.deployment import read_topic
from tests.support.decision_deployments import InKafka

RECORD = Outgoing(b"ana", b"value", [("trace", b"\xff")], 1_709_251_200_123)


@pytest.fixture
def at(stack: Services, prefix: str) -> TopicPartition:
    return TopicPartition(InKafka(stack.bootstrap, prefix).topic, 1)


def test_a_record_that_is_sent_again_under_its_identity_is_written_once_and_its_offset_is_told(
    stack: Services, at: TopicPartition
) -> None:
    first, other = new_identity(stack.bootstrap), new_identity(stack.bootstrap)
    assert write_as(stack.bootstrap, other, at, RECORD) == 0
    assert [write_as(stack.bootstrap, first, at, RECORD) for _ in range(3)] == [1, 1, 1]
    assert write_as(stack.bootstrap, other, at, RECORD) == 0
    written = read_topic(stack.bootstrap, at.topic)[1]
    assert [(one.offset, one.key, one.value, one.timestamp, list(one.headers)) for one in written] == [
        (0, *_told()),
        (1, *_told()),
    ]


def _told() -> tuple[object, ...]:
    return RECORD.key, RECORD.value, RECORD.timestamp, list(RECORD.headers)


def test_senders_at_the_same_moment_share_one_record(stack: Services, at: TopicPartition) -> None:
    identity = new_identity(stack.bootstrap)
    with ThreadPoolExecutor(6) as senders:
        offsets = list(senders.map(lambda _: write_as(stack.bootstrap, identity, at, RECORD), range(12)))
    assert set(offsets) == {0}
    assert len(read_topic(stack.bootstrap, at.topic)[1]) == 1


def test_kafka_that_is_not_there_is_a_transient_error() -> None:
    with pytest.raises(Transient):
        new_identity("127.0.0.1:1")
    with pytest.raises(Transient):
        write_as("127.0.0.1:1", Identity(1, 0), TopicPartition("events", 0), RECORD)
