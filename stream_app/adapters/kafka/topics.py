"""Makes a deployment's topics and begins each partition of `customer-events` with what decides there."""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager

import msgspec
from confluent_kafka import OFFSET_END, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec, TopicMetadata

from schemas.errors import ContractViolation, Transient
from schemas.events import Control
from schemas.topics import TOPICS
from stream_app.adapters.kafka import connection
from stream_app.adapters.kafka.broker_settings import broker_settings
from stream_app.adapters.kafka.connection import HearingAdmin
from stream_app.adapters.kafka.said import answers, error_of
from stream_app.deployment import Deployment, KafkaConnection
from stream_app.ports.sending import HEADERS

_ANSWER_WITHIN_S = 10.0
_SETTLED_WITHIN_S = 30.0
_POLL_S = 0.02


_BROKERS_DEFAULT = -1
_SAFE_COPIES, _IN_STEP = 3, 2
"""With so many copies a topic demands that so many have what was acknowledged."""


def create_topics(deployment: Deployment, partitions: int, control: Control) -> None:
    """Have the three topics, and in every partition of `customer-events` a record, the first of them a control record.

    What exists is left as it is; a run that was cut off is completed. Raises ContractViolation when a topic exists
    with another number of partitions, Transient when the broker does not answer as it should.
    """
    kafka, names = deployment.kafka, deployment.topics
    configs = {names.of(topic): topic.config() for topic in TOPICS}
    with _asking(kafka) as admin:
        found = _existing(admin, configs)
        _demand(partitions, found)
        missing = [name for name in configs if name not in found]
        more = _in_step(admin)
        _create(
            admin, [NewTopic(name, partitions, _BROKERS_DEFAULT, config={**configs[name], **more}) for name in missing]
        )
        ends = _settled_ends(kafka, configs, partitions)[names.events]
        _send(kafka, names.events, [partition for partition, end in ends.items() if end == 0], control)


def write_control(deployment: Deployment, control: Control) -> list[int]:
    """Put a control record into every partition of the events, its id made unique by the partition's number.

    Returns the offsets in the order of the partitions. Raises ContractViolation when there is no such topic,
    Transient when the broker does not answer or a record does not arrive.
    """
    kafka, events = deployment.kafka, deployment.topics.events
    with _asking(kafka) as admin:
        found = _existing(admin, [events])
        if not found:
            raise ContractViolation(f"there is no topic {events}: `churn up` makes it")
        count = len(found[events].partitions)
        offsets = _send(kafka, events, range(count), control)
    return [offsets[partition] for partition in range(count)]


def delete_topics(deployment: Deployment) -> None:
    """Delete the three topics, as far as they exist, and return when they are gone.

    Raises Transient when the broker does not answer as it should.
    """
    names = list(deployment.topics.names)
    with _asking(deployment.kafka) as admin:
        _settle(admin.delete_topics(names), KafkaError.UNKNOWN_TOPIC_OR_PART)
        deadline = time.monotonic() + _SETTLED_WITHIN_S
        while found := list(_existing(admin, names)):
            if time.monotonic() > deadline:
                raise Transient(f"{', '.join(found)} still exist, though deleted: look at the broker, then try again")
            time.sleep(_POLL_S)


def empty_topics(kafka: KafkaConnection, names: Iterable[str]) -> None:
    """Take every record out of topics that exist; offsets go on. Raises Transient when the broker does not answer."""
    with _asking(kafka) as admin:
        found = _existing(admin, names)
        places = [
            TopicPartition(name, partition, OFFSET_END)
            for name, topic in found.items()
            for partition in topic.partitions
        ]
        for answer in admin.delete_records(places).values():
            answer.result()


@contextmanager
def _asking(kafka: KafkaConnection) -> Iterator[HearingAdmin]:
    admin = connection.admin(kafka)
    with answers("asking about topics", kafka, admin):
        yield admin


def _existing(admin: AdminClient, names: Iterable[str]) -> dict[str, TopicMetadata]:
    known = admin.list_topics(timeout=_ANSWER_WITHIN_S).topics
    return {name: known[name] for name in names if name in known}


def _demand(partitions: int, found: Mapping[str, TopicMetadata]) -> None:
    for name, topic in found.items():
        count = len(topic.partitions)
        if count != partitions:
            raise ContractViolation(
                f"topic {name} has {count} partitions, not {partitions}, and the number is fixed for life: "
                f"set CHURN_PARTITIONS={count}, or CHURN_TOPIC_PREFIX to have topics of another name"
            )


def _in_step(admin: HearingAdmin) -> dict[str, str]:
    """What a topic of several copies needs where the brokers' own default would let one copy acknowledge alone."""
    told = broker_settings(admin) or {}
    copies = int(told.get("default.replication.factor", 1))
    if copies >= _SAFE_COPIES and int(told.get("min.insync.replicas", _IN_STEP)) < _IN_STEP:
        return {"min.insync.replicas": str(_IN_STEP)}
    return {}


def _create(admin: AdminClient, topics: list[NewTopic]) -> None:
    if topics:
        _settle(admin.create_topics(topics), KafkaError.TOPIC_ALREADY_EXISTS)


def _settle(answers: Mapping[str, Future[None]], harmless: int) -> None:
    """Wait for every answer. `harmless` is the error that says that somebody else has just done the same."""
    for answer in answers.values():
        error = answer.exception()
        if error is not None and not (isinstance(error, KafkaException) and error.args[0].code() == harmless):
            raise error


def _settled_ends(kafka: KafkaConnection, topics: Iterable[str], partitions: int) -> dict[str, dict[int, int]]:
    """The ends of every topic's partitions, as soon as all of them answer: brokers learn of a new topic by and by.

    Each time a new client asks, for one that has asked too early holds on to the answer that it got.
    """
    deadline = time.monotonic() + _SETTLED_WITHIN_S
    while True:
        admin = connection.admin(kafka)
        _demand(partitions, _existing(admin, topics))
        try:
            return {topic: _ends(admin, topic, partitions) for topic in topics}
        except KafkaException:
            if time.monotonic() > deadline:
                raise
        time.sleep(_POLL_S)


def _ends(admin: AdminClient, topic: str, partitions: int) -> dict[int, int]:
    """The offset behind the last record of each partition: 0 where there never was a record."""
    asked = {TopicPartition(topic, partition): OffsetSpec.latest() for partition in range(partitions)}
    return {place.partition: answer.result().offset for place, answer in admin.list_offsets(asked).items()}


def _send(kafka: KafkaConnection, topic: str, partitions: Iterable[int], control: Control) -> dict[int, int]:
    """Write the record to those partitions and return the offset that it has in each."""
    producer = connection.producer(kafka, {})
    offsets: dict[int, int] = {}
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            failures.append(error)
        else:
            offsets[message.partition()] = message.offset()

    for partition in partitions:
        value = msgspec.json.encode(msgspec.structs.replace(control, id=f"{control.id}-{partition}"))
        producer.produce(topic, value, partition=partition, headers=HEADERS, on_delivery=delivered)
    unsent = producer.flush(_SETTLED_WITHIN_S)
    if failures:
        raise error_of(
            producer.heard.cause_of(KafkaException(failures[0])), f"writing control records to {topic}", kafka
        )
    if unsent:
        raise Transient(f"not every control record reached {topic}: look at the broker, then try again")
    return offsets
