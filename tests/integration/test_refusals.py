"""What Kafka and Redis answer, put into their replies on the way, comes out as a named stop or as a doubt."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import ChurnError, ContractViolation, Doubt, Transient
from stack.kafka import Detour, KafkaBroker
from stack.local import Services
from stack.ports import HOST, free_port
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.topics import create_topics
from stream_app.adapters.redis.states import RedisStates
from stream_app.deployment import Deployment, KafkaConnection, RedisConnection, Topics
from tests.integration.test_topics import CONTROL
from tests.support.decision_deployments import alert
from tests.support.refusing_relay import (
    ADD_PARTITIONS,
    END,
    INIT,
    PRODUCE,
    KafkaRefusal,
    RedisRefusal,
    RefusingRelay,
)
from tests.support.state_deployments import claim


@pytest.fixture(scope="module")
def refusal() -> KafkaRefusal:
    return KafkaRefusal()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory, jars: Path, refusal: KafkaRefusal) -> Iterator[KafkaConnection]:
    """A broker of the tests' own, which clients reach through the relay alone, with a deployment's topics."""
    port, behind = free_port(), free_port()
    detour = Detour(f"{HOST}:{behind}", f"{HOST}:{port}")
    broker = KafkaBroker(tmp_path_factory.mktemp("refusing") / "kafka", lambda: jars, detour)
    direct = KafkaConnection(broker.start())
    create_topics(Deployment("app", Topics(), direct), 1, CONTROL)
    relay = RefusingRelay(port, behind, refusal.lies)
    yield KafkaConnection(f"{HOST}:{port}")
    relay.close()
    broker.daemon.kill()


def raised_by_publishing(kafka: KafkaConnection, refusal: KafkaRefusal, kind: int, code: int) -> ChurnError:
    async def scenario() -> None:
        decisions = KafkaDecisions(Deployment("app", Topics(), kafka), 0)
        refusal.refuse(kind, code)
        try:
            await decisions.open()
            await decisions.publish_alerts([alert(1)])
        finally:
            refusal.refuse(kind, None)
            await decisions.close()

    with pytest.raises(ChurnError) as ended:
        asyncio.run(scenario())
    return ended.value


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        (INIT, 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"),
        (INIT, 50, "INVALID_TRANSACTION_TIMEOUT"),
        (INIT, 31, "CLUSTER_AUTHORIZATION_FAILED"),
        (ADD_PARTITIONS, 29, "TOPIC_AUTHORIZATION_FAILED"),
        (PRODUCE, 29, "TOPIC_AUTHORIZATION_FAILED"),
        (PRODUCE, 87, "INVALID_RECORD"),
        (END, 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"),
    ],
)
def test_a_definite_no_of_kafka_is_a_stop_that_quotes_it(
    kafka: KafkaConnection, refusal: KafkaRefusal, kind: int, code: int, said: str
) -> None:
    error = raised_by_publishing(kafka, refusal, kind, code)
    assert isinstance(error, ContractViolation), error
    assert (error.state, said in str(error)) == ("refused_by_kafka", True), error


@pytest.mark.parametrize(
    ("kind", "code", "doubt", "said"),
    [
        (INIT, 90, "publisher_fenced", "PRODUCER_FENCED"),
        (PRODUCE, 47, "publisher_fenced", "PRODUCER_FENCED"),
        (PRODUCE, 45, "transaction_in_doubt", "OUT_OF_ORDER_SEQUENCE_NUMBER"),
        (PRODUCE, 19, "no_answer", "NOT_ENOUGH_REPLICAS"),
        (END, 47, "publisher_fenced", "PRODUCER_FENCED"),
    ],
)
def test_what_may_pass_is_a_doubt_and_is_quoted_too(
    kafka: KafkaConnection, refusal: KafkaRefusal, kind: int, code: int, doubt: Doubt, said: str
) -> None:
    error = raised_by_publishing(kafka, refusal, kind, code)
    assert isinstance(error, Transient), error
    assert (error.cause, said in str(error), "did not answer" in str(error)) == (doubt, True, False), error


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("MOVED 3999 127.0.0.1:6381", ContractViolation),
        ("READONLY You can't write against a read only replica.", ContractViolation),
        ("NOPERM this user has no permissions to run the 'evalsha' command", ContractViolation),
        ("MISCONF Redis is configured to save RDB snapshots", ContractViolation),
        ("NOAUTH Authentication required.", ContractViolation),
        ("OOM command not allowed when used memory > 'maxmemory'.", Transient),
        ("LOADING Redis is loading the dataset in memory", Transient),
        ("NOSCRIPT No matching script.", Transient),
    ],
)
def test_what_redis_answers_is_told_apart_and_quoted(stack: Services, line: str, kind: type[ChurnError]) -> None:
    refusal, port = RedisRefusal(), free_port()
    refusal.line = line
    relay = RefusingRelay(port, int(stack.redis_url.rpartition(":")[2].split("/")[0]), refusal.lies)

    async def scenario() -> None:
        states = RedisStates(Deployment("app", Topics(), None, RedisConnection(f"redis://{HOST}:{port}/0")), 0)
        try:
            await states.claim(claim(b"first"))
        finally:
            await states.close()

    try:
        with pytest.raises(kind) as ended:
            asyncio.run(scenario())
    finally:
        relay.close()
    assert line in str(ended.value)
    assert "did not answer" not in str(ended.value)
