"""With one right less a role is refused, in a sentence that says what was refused; with all of them it is not."""

import asyncio
import gc
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from operations.rights.kafka import Right, kafka_rights
from operations.rights.redis import redis_rules
from operations.rights.roles import ROLES, Role
from schemas.errors import ChurnError, ContractViolation
from schemas.outgoing import address
from stream_app.adapters.kafka.connection import aio_consumer
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.event_log import KafkaEventLog
from stream_app.adapters.kafka.publisher import Publisher
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.adapters.kafka.subscriber import AlertSubscriber
from stream_app.adapters.kafka.topic_agreement import agreed_partitions
from stream_app.adapters.kafka.topics import create_topics
from stream_app.adapters.redis.states import RedisStates
from stream_app.adapters.redis.stored_states import stored_states
from stream_app.bootstrap.engine import first_control
from stream_app.deployment import Deployment, Topics
from stream_app.partition.effects import Anchor, Claim, Commit
from stream_app.ports.pacing import flat_out
from stream_app.ports.writing import OutgoingRecord
from stream_app.settings import Settings
from tests.support.music_logs import music_lines
from tests.support.secured_stand import SecuredStand

PARTITIONS = 2
WITHIN_S = 60.0
REFUSED = r"(?i)authoriz|noperm|no permissions|can't run this command|can't access"
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
"""A TLS connection that is dropped is closed after its loop."""
RECORD = OutgoingRecord(b"u1", b"{}", [], None)
TOKEN = b"0123456789abcdef"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[SecuredStand]:
    made = SecuredStand(tmp_path_factory.mktemp("rights"), jars)
    yield made
    made.stop()


@pytest.fixture
def name(stand: SecuredStand) -> Iterator[str]:
    """Of a deployment whose topics are there; nobody has any right yet."""
    unique = f"r{secrets.token_hex(3)}-"
    create_topics(stand.open_door(unique), PARTITIONS, first_control(Settings(_env_file=None)))
    yield unique
    gc.collect()
    stand.kafka.revoke_all()


def work(at: Deployment) -> None:
    """What a worker asks of Kafka, apart from the membership in its group."""
    assert agreed_partitions(at) == PARTITIONS

    async def decide() -> None:
        await KafkaEventLog(at, 0).inspect(1)
        decisions, publisher = KafkaDecisions(at, 0), Publisher(at.kafka, f"{at.app_id}-0")
        try:
            await publisher.open()
            for topic in (at.topics.alerts, at.topics.letters):
                await publisher.publish(TopicPartition(topic, 0), [RECORD])
            await publisher.close()
            await decisions.open()
        finally:
            await publisher.close()
            await decisions.close()

    asyncio.run(decide())
    for topic in at.topics.names:
        asyncio.run(read_one(at, topic))


async def read_one(at: Deployment, topic: str) -> None:
    consumer, place = aio_consumer(at.kafka), TopicPartition(topic, 0)
    try:
        await consumer.start()
        consumer.assign([place])
        consumer.seek(place, 0)
        async with asyncio.timeout(WITHIN_S):
            await consumer.getone(place)
    except KafkaError as error:
        raise ContractViolation(str(error) + type(error).__name__) from error
    finally:
        await consumer.stop()


def produce(at: Deployment) -> None:
    lines = music_lines(2, 4, seed=1)
    assert KafkaSender(at.kafka, at.topics.events).send(address(lines), flat_out(), lambda _: None).failed == 0


def subscribe(at: Deployment) -> None:
    subscriber = AlertSubscriber(at.kafka, at.topics.alerts, from_start=True)
    try:
        for _ in range(20):
            subscriber.poll(0.25)
    finally:
        subscriber.close()


ASKED: dict[Role, Callable[[Deployment], None]] = {"worker": work, "producer": produce, "subscriber": subscribe}
SAMPLE = Deployment("app", Topics())
NOT_ASKED_HERE = {Right("Read", "group", "app")}
CASES = [(role, place, right) for role in ASKED for place, right in enumerate(kafka_rights(role, SAMPLE))]


@pytest.mark.parametrize("role", ASKED)
def test_with_all_its_rights_a_role_is_refused_nothing(stand: SecuredStand, name: str, role: Role) -> None:
    stand.grant(role, name)
    ASKED[role](stand.deployment(role, name))


@pytest.mark.parametrize(
    ("role", "place"),
    [
        pytest.param(role, place, id=f"{role} {right.operation} {right.kind} {right.name}")
        for role, place, right in CASES
        if right not in NOT_ASKED_HERE and right.operation != "DescribeConfigs"
    ],
)
def test_with_one_right_less_it_is_refused_in_a_sentence_that_says_so(
    stand: SecuredStand, name: str, role: Role, place: int
) -> None:
    rights = kafka_rights(role, stand.open_door(name))
    stand.kafka.grant(role, rights[:place] + rights[place + 1 :])
    with pytest.raises(ChurnError, match=REFUSED):
        ASKED[role](stand.deployment(role, name))


def test_a_worker_that_may_not_look_at_settings_goes_on(stand: SecuredStand, name: str) -> None:
    rights = kafka_rights("worker", stand.open_door(name))
    stand.kafka.grant("worker", [right for right in rights if right.operation != "DescribeConfigs"])
    work(stand.deployment("worker", name))


def keep_states(at: Deployment) -> None:
    """What a worker asks of Redis."""

    async def keep() -> None:
        states = RedisStates(at, 0)
        try:
            position = (await states.claim(Claim(TOKEN, "digest", PARTITIONS))).position
            assert await states.check(TOKEN, position)
            await states.load(["u1"])
            assert await states.commit(
                Commit(TOKEN, position, position + 1, Anchor(position, 7), None, ["u1"], [b"state"])
            )
        finally:
            await states.close()

    asyncio.run(keep())


def look_at_states(at: Deployment) -> None:
    """What an export asks of Redis."""
    with stored_states(at) as states:
        list(states.pages(0))


IN_REDIS: dict[Role, Callable[[Deployment], None]] = {"worker": keep_states, "operations": look_at_states}


@pytest.mark.parametrize("role", IN_REDIS)
def test_in_redis_a_role_is_refused_nothing_that_it_needs(stand: SecuredStand, name: str, role: Role) -> None:
    for one in ROLES:
        stand.set_redis_rules(one, redis_rules(one, stand.open_door(name)))
    keep_states(stand.deployment("worker", name))
    IN_REDIS[role](stand.deployment(role, name))


@pytest.mark.parametrize(
    ("role", "command"),
    [
        *(("worker", one) for one in ("+ping", "+script|load", "+evalsha", "+mget", "+mset", "+hmget", "+hset")),
        *(("operations", one) for one in ("+scan", "+mget", "+hmget", "+exec")),
    ],
)
def test_in_redis_a_command_less_is_refused_by_name(stand: SecuredStand, name: str, role: Role, command: str) -> None:
    worker = redis_rules("worker", stand.open_door(name))
    stand.set_redis_rules("worker", worker)
    keep_states(stand.deployment("worker", name))
    rules = redis_rules(role, stand.open_door(name))
    stand.set_redis_rules(role, [rule for rule in rules if rule != command])
    with pytest.raises(ChurnError, match=REFUSED):
        IN_REDIS[role](stand.deployment(role, name))


def test_in_redis_the_keys_of_another_app_id_are_refused(stand: SecuredStand, name: str) -> None:
    stand.set_redis_rules("worker", redis_rules("worker", stand.open_door("another-")))
    with pytest.raises(ChurnError, match=REFUSED):
        keep_states(stand.deployment("worker", name))
