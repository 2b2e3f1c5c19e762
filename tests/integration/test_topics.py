"""Topics come into being with their settings, and every partition begins with the record that says what decides."""

import json
import time
from collections.abc import Callable

import msgspec
import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from schemas.errors import ContractViolation
from schemas.events import Control, ControlData, ModelRef, Policy
from schemas.topics import CUSTOMER_EVENTS, TOPICS
from stack.local import Services
from stream_app.adapters.kafka.topic_log import KafkaTopicLog
from stream_app.adapters.kafka.topics import create_topics, delete_topics, empty_topics, write_control
from tests.support.connections import deployment_at

N = 3
CONTROL = Control(
    specversion="1.0",
    id="control-1",
    source="/churn/tests",
    time="2024-01-01T00:00:00.000Z",
    data=ControlData(
        model=ModelRef(name="music", version="1", sha256="0" * 64),
        policy=Policy(name="standard", version=1, enter=0.5, leave=0.4, critical=0.8, cooldown_s=60),
    ),
)
Read = Callable[[str], list[list[Message]]]


@pytest.fixture
def admin(stack: Services) -> AdminClient:
    return AdminClient({"bootstrap.servers": stack.bootstrap})


@pytest.fixture
def read(stack: Services) -> Read:
    """All records of a topic of N partitions, a list for each."""

    def read(topic: str) -> list[list[Message]]:
        consumer = Consumer({"bootstrap.servers": stack.bootstrap, "group.id": "unused", "enable.partition.eof": True})
        records: list[list[Message]] = [[] for _ in range(N)]
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(N)])
        ended: set[int] = set()
        while len(ended) < N:
            message = consumer.poll(10.0)
            assert message is not None, f"{topic} gave nothing more before its end"
            if message.error() is None:
                records[message.partition()].append(message)
            else:
                ended.add(message.partition())
        consumer.close()
        return records

    return read


def partition_counts(admin: AdminClient, prefix: str) -> dict[str, int]:
    topics = admin.list_topics(timeout=10.0).topics
    return {name.removeprefix(prefix): len(topics[name].partitions) for name in topics if name.startswith(prefix)}


def make_events_topic(admin: AdminClient, prefix: str, partitions: int) -> None:
    """Only this topic, with the broker's settings; returns once the broker shows it."""
    name = prefix + CUSTOMER_EVENTS.name
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result()
    deadline = time.monotonic() + 10.0
    while partition_counts(admin, prefix) != {CUSTOMER_EVENTS.name: partitions}:
        assert time.monotonic() < deadline, f"{name} does not appear"
        time.sleep(0.02)


def test_all_topics_get_their_partitions_and_settings(stack: Services, admin: AdminClient, prefix: str) -> None:
    create_topics(deployment_at(stack, prefix), N, CONTROL)
    assert partition_counts(admin, prefix) == {topic.name: N for topic in TOPICS}
    for topic in TOPICS:
        resource = ConfigResource(ResourceType.TOPIC, prefix + topic.name)
        found = admin.describe_configs([resource])[resource].result()
        assert {name: found[name].value for name in topic.config()} == topic.config()


def test_every_partition_begins_with_a_control_record_of_its_own(stack: Services, read: Read, prefix: str) -> None:
    create_topics(deployment_at(stack, prefix), N, CONTROL)
    for partition, records in enumerate(read(prefix + CUSTOMER_EVENTS.name)):
        (record,) = records
        expected = msgspec.structs.replace(CONTROL, id=f"control-1-{partition}")
        assert msgspec.json.decode(record.value(), type=Control) == expected
        assert json.loads(record.value())["type"] == "churn.control.v1"
        assert record.key() is None
        assert record.headers() == [("content-type", b"application/cloudevents+json")]


def test_topics_that_exist_are_left_alone(stack: Services, read: Read, prefix: str) -> None:
    create_topics(deployment_at(stack, prefix), N, CONTROL)
    create_topics(deployment_at(stack, prefix), N, CONTROL)
    assert [len(records) for records in read(prefix + CUSTOMER_EVENTS.name)] == [1] * N


def test_another_number_of_partitions_is_refused_before_anything_is_made(
    stack: Services, admin: AdminClient, prefix: str
) -> None:
    make_events_topic(admin, prefix, partitions=2)
    with pytest.raises(ContractViolation, match=r"has 2 partitions, not 3.*CHURN_PARTITIONS=2"):
        create_topics(deployment_at(stack, prefix), N, CONTROL)
    assert partition_counts(admin, prefix) == {CUSTOMER_EVENTS.name: 2}


def test_a_creation_that_was_cut_off_is_completed(stack: Services, admin: AdminClient, read: Read, prefix: str) -> None:
    events = prefix + CUSTOMER_EVENTS.name
    make_events_topic(admin, prefix, partitions=N)
    producer = Producer({"bootstrap.servers": stack.bootstrap})
    producer.produce(events, b"a record that is there already", partition=1)
    assert producer.flush(10.0) == 0
    create_topics(deployment_at(stack, prefix), N, CONTROL)
    assert set(partition_counts(admin, prefix)) == {topic.name for topic in TOPICS}
    first, second, third = read(events)
    assert [len(first), len(second), len(third)] == [1, 1, 1]
    assert second[0].value() == b"a record that is there already"


def test_a_later_control_record_goes_to_every_partition(stack: Services, read: Read, prefix: str) -> None:
    events = prefix + CUSTOMER_EVENTS.name
    create_topics(deployment_at(stack, prefix), N, CONTROL)
    assert write_control(deployment_at(stack, prefix), msgspec.structs.replace(CONTROL, id="control-2")) == [1] * N
    ids = [msgspec.json.decode(records[1].value(), type=Control).id for records in read(events)]
    assert ids == ["control-2-0", "control-2-1", "control-2-2"]


def test_a_control_record_for_a_topic_that_does_not_exist_is_refused(stack: Services, prefix: str) -> None:
    with pytest.raises(ContractViolation, match="there is no topic"):
        write_control(deployment_at(stack, prefix), CONTROL)


def test_deletion_takes_the_topics_of_its_prefix_only(stack: Services, admin: AdminClient, prefix: str) -> None:
    create_topics(deployment_at(stack, prefix), N, CONTROL)
    create_topics(deployment_at(stack, f"{prefix}b-"), N, CONTROL)
    delete_topics(deployment_at(stack, prefix))
    assert set(partition_counts(admin, prefix)) == {f"b-{topic.name}" for topic in TOPICS}
    delete_topics(deployment_at(stack, f"{prefix}b-"))
    assert partition_counts(admin, prefix) == {}


def test_an_emptied_topic_has_no_records_and_goes_on_at_its_offsets_and_others_are_left(
    stack: Services, read: Read, prefix: str
) -> None:
    made, other = deployment_at(stack, prefix), deployment_at(stack, f"{prefix}b-")
    for deployment in (made, other):
        create_topics(deployment, N, CONTROL)
    empty_topics(made.kafka, [made.topics.events])
    emptied = KafkaTopicLog(made.kafka, made.topics.events, whole=False)
    assert (emptied.offsets, [emptied.end(partition) for partition in range(N)]) == (0, [1] * N)
    assert write_control(made, CONTROL) == [1] * N
    assert [len(records) for records in read(other.topics.events)] == [1] * N
    delete_topics(other)
