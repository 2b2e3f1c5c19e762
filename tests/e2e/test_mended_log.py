"""What the runbook tells to do at a hole: copy the log to the same offsets, and go on with the copy."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import CUSTOMER_EVENTS
from stack.local import Services
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.topic_log import KafkaTopicLog
from stream_app.adapters.kafka.topics import create_topics, delete_topics
from stream_app.bootstrap.engine import first_control
from stream_app.deployment import KafkaConnection
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.e2e.test_verify import churn, verified
from tests.e2e.test_worker import Writer, activity, home_of, send_batch_that_grows, user_of
from tests.support.connections import deployment_at
from tests.support.waiting import wait_until

CUT_OFF = 1
"""The partition whose log has lost its beginning."""


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        for name, value in (it.environment | {"CHURN_PARTITIONS": str(PARTITIONS)}).items():
            monkeypatch.setenv(name, value)
        yield it
        delete_topics(deployment_at(stack, prefix + "mended."))


def send(to: Deployment, first: int, last: int) -> None:
    """Events `first` to `last` of one user in each partition."""
    writer = Writer(to)
    for number in range(first, last):
        for user in map(user_of, range(PARTITIONS)):
            writer.write(home_of(user), activity(user, number), user.encode())
    writer.flush()


def delete_before(kafka: KafkaConnection, topic: str, partition: int, offset: int) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    for answer in admin.delete_records([TopicPartition(topic, partition, offset)]).values():
        answer.result(30)


def started(made: Deployment) -> WorkerProcess:
    """A worker that has applied five events in each partition."""
    worker = made.start_worker()
    worker.wait_until_ready()
    send(made, 0, 5)
    made.wait_until_applied([6] * PARTITIONS)
    return worker


def stopped_at_a_batch(made: Deployment) -> range:
    """A deployment whose partition 0 has stopped; the offsets of the batch, as the worker's log names them."""
    worker = started(made)
    send_batch_that_grows(made)
    send(made, 5, 7)
    wait_until(lambda: worker.probe()["partitions"]["0"]["state"] == "unreadable_batch", "it stops")
    made.wait_until_applied([6, *[8] * (PARTITIONS - 1)])
    delete_before(made.at.kafka, made.topic(), CUT_OFF, 3)
    worker.stop()
    named = re.search(r"with offsets (\d+) to (\d+) cannot be read", worker.log.read_text())
    assert named is not None
    return range(int(named[1]), int(named[2]) + 1)


def copy(made: Deployment, to_topic: str, without: range) -> None:
    """Each record to its offset, but for those behind the ones that partition 0 is to be `without`."""
    kafka = made.at.kafka
    log = KafkaTopicLog(kafka, made.topic(), "read_uncommitted", whole=False)
    new = NewTopic(to_topic, PARTITIONS, 1, config=CUSTOMER_EVENTS.config())
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.create_topics([new])[to_topic].result(30)
    to = Producer({"bootstrap.servers": kafka.bootstrap, "enable.idempotence": True, "log_level": 0})
    for partition in range(PARTITIONS):
        begin, end = log.begin(partition), log.end(partition)
        kept = [range(begin, without.start), range(without.stop, end)] if partition == 0 else [range(begin, end)]
        for _ in range(begin):
            to.produce(to_topic, b"", partition=partition)
        for message in chain.from_iterable(read(kafka, made.topic(), partition, offsets) for offsets in kept):
            _, sent_ms = message.timestamp()
            headers = message.headers() or []
            to.produce(to_topic, message.value(), message.key(), partition, timestamp=sent_ms, headers=headers)
    assert to.flush(60) == 0
    for partition in range(PARTITIONS):
        delete_before(kafka, to_topic, partition, log.begin(partition))


def read(kafka: KafkaConnection, topic: str, partition: int, offsets: range) -> list[Message]:
    """The records at these offsets, and nothing behind them."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, offsets.start)])
    found = [consumer.poll(30) for _ in offsets]
    consumer.close()
    assert [message.offset() for message in found] == list(offsets)
    return found


def test_states_go_on_with_a_copy_of_the_log_at_the_same_offsets_without_the_batch(
    made: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = stopped_at_a_batch(made)
    assert made.positions()[0] == batch.start
    export, mended = str(tmp_path / "at-the-stop"), made.prefix + "mended-"
    assert churn("export-state", export).exit_code == 0
    copy(made, mended + CUSTOMER_EVENTS.name, without=batch)
    monkeypatch.setenv("CHURN_TOPIC_PREFIX", mended)
    assert churn("topics", "create").exit_code == 0
    made.start_worker(more={"CHURN_TOPIC_PREFIX": mended})
    made.wait_until_applied([8] * PARTITIONS)
    found = verified("--from", export)
    assert (found["exact"], found["events"]) == (True, 2), found


def test_a_copy_whose_offsets_have_shifted_is_refused(made: Deployment) -> None:
    started(made).stop()
    mended = made.prefix + "mended-"
    create_topics(deployment_at(made.services, mended), PARTITIONS, first_control(made.settings))
    send(Deployment(made.services, mended, made.directory), 1, 9)
    worker = made.start_worker(more={"CHURN_TOPIC_PREFIX": mended})
    wait_until(
        lambda: {found["state"] for found in worker.probe()["partitions"].values()} == {"rewritten_log"}, "all stop"
    )
