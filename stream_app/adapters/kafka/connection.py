"""Every client of Kafka is made here: one function for each kind of client of each library, and Faust's arguments."""

import ssl
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from schemas.errors import ContractViolation
from stream_app.adapters.kafka.aiokafka_patches import refuse_at_once
from stream_app.adapters.kafka.block_fetches import deliver_records
from stream_app.adapters.kafka.said import Heard, refusal_of
from stream_app.adapters.kafka.tokens import AioTokens, TokenSource
from stream_app.deployment import READERS_GROUP, KafkaConnection, Login, Tls, TokenClient


class HearingConsumer(Consumer):  # type: ignore[misc]
    """One that remembers what it hears."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.heard = Heard()
        super().__init__({"error_cb": self.heard, **options})


class HearingProducer(Producer):  # type: ignore[misc]
    """One that remembers what it hears."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.heard = Heard()
        super().__init__({"error_cb": self.heard, **options})


class HearingAdmin(AdminClient):  # type: ignore[misc]
    """One that remembers what it hears."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.heard = Heard()
        super().__init__({"error_cb": self.heard, **options})


Client = TypeVar("Client", HearingConsumer, HearingProducer, HearingAdmin)


def consumer(kafka: KafkaConnection, options: Mapping[str, Any]) -> HearingConsumer:
    """librdkafka's, which commits nothing; `options` under its own names."""
    return _made(
        HearingConsumer, {"group.id": READERS_GROUP, "enable.auto.commit": False, **_librdkafka(kafka), **options}
    )


def producer(kafka: KafkaConnection, options: Mapping[str, Any]) -> HearingProducer:
    """librdkafka's, idempotent; `options` under its own names."""
    return _made(HearingProducer, {"enable.idempotence": True, **_librdkafka(kafka), **options})


def admin(kafka: KafkaConnection) -> HearingAdmin:
    """librdkafka's. Hold on to it until its answers are there: they fail when it goes."""
    return _made(HearingAdmin, _librdkafka(kafka))


def aio_consumer(kafka: KafkaConnection, **options: Any) -> AIOKafkaConsumer:  # noqa: ANN401 - aiokafka's own
    """aiokafka's, which commits nothing, reads only where it was sent, and delivers plain records."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap,
        auto_offset_reset="none",
        enable_auto_commit=False,
        **aiokafka_access(kafka),
        **options,
    )
    deliver_records(consumer)
    refuse_at_once(consumer._client, partial(refusal_of, doing="connecting", kafka=kafka))
    return consumer


def aio_producer(kafka: KafkaConnection, **options: Any) -> AIOKafkaProducer:  # noqa: ANN401 - aiokafka's own
    """aiokafka's."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, **aiokafka_access(kafka), **options)
    refuse_at_once(producer.client, partial(refusal_of, doing="connecting", kafka=kafka))
    return producer


def aiokafka_access(kafka: KafkaConnection) -> dict[str, Any]:
    """How aiokafka is let in, under its own names. Raises ContractViolation when the files of TLS cannot be used."""
    access: dict[str, Any] = {"security_protocol": kafka.protocol}
    if kafka.tls is not None:
        access["ssl_context"] = _context(kafka.tls)
    match kafka.login:
        case Login(mechanism, username, password):
            access |= {"sasl_mechanism": mechanism, "sasl_plain_username": username, "sasl_plain_password": password}
        case TokenClient() as client:
            tokens = AioTokens(_tokens(client))
            access |= {"sasl_mechanism": client.mechanism, "sasl_oauth_token_provider": tokens}
    return access


def _librdkafka(kafka: KafkaConnection) -> dict[str, Any]:
    access: dict[str, Any] = {"security.protocol": kafka.protocol}
    if kafka.tls is not None:
        access |= {
            "ssl.ca.location": kafka.tls.ca_file,
            "ssl.certificate.location": kafka.tls.certificate_file,
            "ssl.key.location": kafka.tls.key_file,
            "ssl.key.password": kafka.tls.key_password,
        }
    match kafka.login:
        case Login(mechanism, username, password):
            access |= {"sasl.mechanisms": mechanism, "sasl.username": username, "sasl.password": password}
        case TokenClient() as client:
            source = _tokens(client)
            access |= {"sasl.mechanisms": client.mechanism, "oauth_cb": lambda _: tuple(source.token())}
    known = {name: value for name, value in access.items() if value is not None}
    return {"bootstrap.servers": kafka.bootstrap, "log_level": 0, **known}


def _made(kind: type[Client], options: dict[str, Any]) -> Client:
    try:
        return kind(options)
    except KafkaException as error:
        raise ContractViolation(f"no client of Kafka can be made with these settings: {error.args[0].str()}") from error


def _context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.certificate_file is not None:
            # An empty password: without any, OpenSSL would ask whoever sits at the terminal.
            context.load_cert_chain(tls.certificate_file, tls.key_file, tls.key_password or "")
    except (ssl.SSLError, OSError) as error:
        files = ", ".join(filter(None, (tls.ca_file, tls.certificate_file, tls.key_file)))
        raise ContractViolation(f"TLS cannot be used with {files}: {error}") from error
    return context


@lru_cache
def _tokens(client: TokenClient) -> TokenSource:
    """One for all clients of a process, so that they share what it holds."""
    return TokenSource(client)
