"""Every protocol and mechanism, through both client libraries, on a real broker; and Redis with ACL behind TLS."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException

from schemas.errors import ChurnError, ContractViolation
from stream_app.adapters.kafka.connection import admin, aio_consumer
from stream_app.adapters.redis.connection import aio_client, aio_connection, client, look_at_redis
from stream_app.deployment import Deployment, KafkaConnection, Login, RedisConnection, Tls
from tests.support.secured_stand import SecuredStand
from tests.support.token_server import TokenServer

WITHIN_S = 60.0


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[SecuredStand]:
    made = SecuredStand(tmp_path_factory.mktemp("ways-in"), jars)
    made.grant("worker", "ways-")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as it:
        yield it


def through_librdkafka(kafka: KafkaConnection) -> bool:
    return bool(admin(kafka).list_topics(timeout=WITHIN_S).brokers)


def through_aiokafka(kafka: KafkaConnection) -> bool:
    async def come_in() -> bool:
        consumer = aio_consumer(kafka, request_timeout_ms=int(WITHIN_S * 1000))
        try:
            await consumer.start()
            return isinstance(await consumer.topics(), set)
        finally:
            await consumer.stop()

    return asyncio.run(come_in())


LIBRARIES: list[Callable[[KafkaConnection], bool]] = [through_librdkafka, through_aiokafka]


@pytest.mark.parametrize("come_in", LIBRARIES)
@pytest.mark.parametrize("protocol", ["SASL_SSL", "SASL_PLAINTEXT"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_with_a_password(
    stand: SecuredStand, mechanism: str, protocol: str, come_in: Callable[[KafkaConnection], bool]
) -> None:
    assert come_in(stand.kafka.with_password("worker", mechanism, protocol))


@pytest.mark.parametrize("come_in", LIBRARIES)
def test_with_a_token(stand: SecuredStand, tokens: TokenServer, come_in: Callable[[KafkaConnection], bool]) -> None:
    assert come_in(stand.kafka.with_token(tokens.client("worker")))


def test_a_token_is_shared_by_the_libraries(stand: SecuredStand, tokens: TokenServer) -> None:
    kafka, before = stand.kafka.with_token(tokens.client("worker", scope="shared")), len(tokens.given)
    assert all(come_in(kafka) for come_in in LIBRARIES)
    assert len(tokens.given) == before + 1


@pytest.mark.parametrize("come_in", LIBRARIES)
def test_with_a_certificate(stand: SecuredStand, come_in: Callable[[KafkaConnection], bool]) -> None:
    assert come_in(stand.kafka.with_certificate("worker"))


@pytest.mark.parametrize("come_in", LIBRARIES)
def test_with_a_certificate_whose_key_is_encrypted(
    stand: SecuredStand, come_in: Callable[[KafkaConnection], bool]
) -> None:
    kafka = stand.kafka.with_certificate("worker")
    assert kafka.tls is not None
    assert kafka.tls.key_file is not None
    key = str(stand.authority.encrypt(Path(kafka.tls.key_file), "p4ssphrase"))
    assert come_in(replace(kafka, tls=replace(kafka.tls, key_file=key, key_password="p4ssphrase")))
    with pytest.raises(ContractViolation):
        come_in(replace(kafka, tls=replace(kafka.tls, key_file=key)))


def in_redis(stand: SecuredStand) -> RedisConnection:
    of: Deployment = stand.deployment("worker", "ways-")
    return of.redis


def test_redis_takes_an_acl_user_over_mutual_tls_by_every_kind_of_client(stand: SecuredStand) -> None:
    at = in_redis(stand)
    with client(at) as blocking:
        assert blocking.ping()

    async def ping() -> None:
        async with aio_client(at) as asked:
            assert await asked.ping()
        connection = aio_connection(at)
        await connection.connect()  # type: ignore[no-untyped-call]
        await connection.send_command("PING")
        assert await connection.read_response() in (b"PONG", "PONG")
        await connection.disconnect()

    asyncio.run(ping())


def test_redis_takes_a_user_that_stands_in_the_url(stand: SecuredStand) -> None:
    at = in_redis(stand)
    url = at.url.replace("rediss://", f"rediss://{at.username}:{at.password}@")
    look_at_redis(RedisConnection(url, tls=at.tls))


@pytest.mark.parametrize(
    "other",
    [
        lambda at: replace(at, password="wrong"),
        lambda at: replace(at, tls=Tls()),
        lambda at: replace(at, tls=Tls(at.tls.ca_file)),
    ],
    ids=["a wrong password", "an unknown authority", "no certificate of its own"],
)
def test_redis_lets_nobody_in_with(stand: SecuredStand, other: Callable[[RedisConnection], RedisConnection]) -> None:
    with pytest.raises(ChurnError) as refusal:
        look_at_redis(other(in_redis(stand)))
    assert str(in_redis(stand).password) not in str(refusal.value)


@pytest.mark.parametrize("come_in", LIBRARIES)
@pytest.mark.parametrize(
    "other",
    [
        lambda kafka: replace(kafka, login=Login("SCRAM-SHA-512", "worker", "wrong")),
        lambda kafka: replace(kafka, tls=Tls()),
    ],
    ids=["a wrong password", "an unknown authority"],
)
def test_kafka_lets_nobody_in_with(
    stand: SecuredStand,
    other: Callable[[KafkaConnection], KafkaConnection],
    come_in: Callable[[KafkaConnection], bool],
) -> None:
    with pytest.raises((ChurnError, KafkaException, KafkaError)):
        come_in(other(stand.kafka.with_password("worker")))
