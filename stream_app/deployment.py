"""Where a deployment keeps what, and how it is reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from schemas.errors import ContractViolation
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS, Topic

READERS_GROUP = "churn-readers"
"""The consumer group that clients name which belong to none: librdkafka wants a name, and asks who keeps the group."""

_OF_LOGINS: Final = (
    "kafka_sasl_mechanism",
    "kafka_username",
    *("kafka_password", "kafka_password_file"),
    *("kafka_token_url", "kafka_token_client_id", "kafka_token_scope", "kafka_token_ca_file"),
    *("kafka_token_client_secret", "kafka_token_client_secret_file"),
)
"""Every setting of a login, of whatever kind: a process that is started inherits none of them."""


@dataclass(frozen=True)
class Tls:
    """What a client of a TLS server has in files; the authorities of the system count when none are named."""

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)

    def environment(self, service: str) -> dict[str, str | None]:
        """The same as settings of a service, kafka or redis."""
        return {
            f"{service}_ca_file": self.ca_file,
            f"{service}_certificate_file": self.certificate_file,
            f"{service}_key_file": self.key_file,
            **_secret(f"{service}_key_password", self.key_password),
        }


class Login(Struct, frozen=True, tag=True):
    """A user that logs in with a password; `mechanism` is Kafka's name for how."""

    mechanism: str
    username: str
    password: str

    def __repr__(self) -> str:
        """Without the password."""
        return f"Login({self.mechanism!r}, {self.username!r})"

    @property
    def environment(self) -> dict[str, str | None]:
        """The same as settings."""
        return {
            "kafka_sasl_mechanism": self.mechanism,
            "kafka_username": self.username,
            "kafka_password": self.password,
        }


class TokenClient(Struct, frozen=True, tag=True):
    """Who gets tokens from an authorisation server, by OAuth's client credentials, and logs in with them."""

    url: str
    client_id: str
    client_secret: str
    scope: str | None = None
    ca_file: str | None = None

    mechanism: ClassVar[str] = "OAUTHBEARER"

    def __repr__(self) -> str:
        """Without the secret, and without a URL that may hold one."""
        return f"TokenClient({self.client_id!r})"

    @property
    def environment(self) -> dict[str, str | None]:
        """The same as settings."""
        return {
            "kafka_sasl_mechanism": self.mechanism,
            "kafka_token_url": self.url,
            "kafka_token_client_id": self.client_id,
            "kafka_token_client_secret": self.client_secret,
            "kafka_token_scope": self.scope,
            "kafka_token_ca_file": self.ca_file,
        }


@dataclass(frozen=True)
class KafkaConnection:
    """How brokers are reached; `bootstrap` is host:port, several with commas. Without `tls` in plain text.

    adapters/kafka/connection.py makes every client of it.
    """

    bootstrap: str
    tls: Tls | None = None
    login: Login | TokenClient | None = None

    @property
    def servers(self) -> list[str]:
        """The brokers one by one."""
        return self.bootstrap.split(",")

    @property
    def protocol(self) -> str:
        """Kafka's name for how it is spoken to."""
        below = "PLAINTEXT" if self.tls is None else "SSL"
        return below if self.login is None else f"SASL_{below}"

    @property
    def environment(self) -> dict[str, str | None]:
        """The same as settings."""
        return {
            "kafka_bootstrap": self.bootstrap,
            "kafka_security_protocol": self.protocol,
            **dict.fromkeys(_OF_LOGINS),
            **(self.login.environment if self.login is not None else {}),
            **(self.tls or Tls()).environment("kafka"),
        }

    def __str__(self) -> str:
        """As it is named to people: without secrets."""
        return self.bootstrap


@dataclass(frozen=True)
class RedisConnection:
    """How Redis is reached; `url` is redis://host:port/db, or rediss:// for TLS, and may hold a user and a password.

    `username` and `password` are for those who keep them elsewhere. adapters/redis/connection.py makes every client
    of it.
    """

    url: str = field(repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls = Tls()

    @property
    def environment(self) -> dict[str, str | None]:
        """The same as settings."""
        return {
            "redis_url": self.url,
            "redis_username": self.username,
            **_secret("redis_password", self.password),
            **self.tls.environment("redis"),
        }

    def __str__(self) -> str:
        """As it is named to people: without secrets."""
        return without_secrets(self.url)


def _secret(name: str, value: str | None) -> dict[str, str | None]:
    return {name: value, f"{name}_file": None}


def without_secrets(url: str) -> str:
    """A URL without its user, password, query and fragment: what stands there may be secret."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@dataclass(frozen=True)
class Topics:
    """The names of a deployment's topics: those of the contracts behind a prefix."""

    prefix: str = ""

    @property
    def events(self) -> str:
        """Where customers' events stand."""
        return self.of(CUSTOMER_EVENTS)

    @property
    def alerts(self) -> str:
        """Where alerts stand."""
        return self.of(CHURN_ALERTS)

    @property
    def letters(self) -> str:
        """Where dead letters stand."""
        return self.of(DEAD_LETTERS)

    @property
    def names(self) -> tuple[str, str, str]:
        """Those of the events, the alerts and the dead letters."""
        return self.events, self.alerts, self.letters

    def of(self, topic: Topic) -> str:
        """What a topic of the contracts is called here."""
        return self.prefix + topic.name


@dataclass(frozen=True)
class Deployment:
    """One app id with its topics in Kafka and its states in Redis.

    Some commands need only one of the two, so a connection that is not known is missed when it is first asked for.
    """

    app_id: str
    topics: Topics
    known_kafka: KafkaConnection | None = None
    known_redis: RedisConnection | None = None

    @property
    def kafka(self) -> KafkaConnection:
        """Raises ContractViolation when no broker is known."""
        if self.known_kafka is None:
            raise ContractViolation("no broker is known: run `churn up`, or set CHURN_KAFKA_BOOTSTRAP")
        return self.known_kafka

    @property
    def redis(self) -> RedisConnection:
        """Raises ContractViolation when none is known."""
        if self.known_redis is None:
            raise ContractViolation("no Redis is known: run `churn up`, or set CHURN_REDIS_URL")
        return self.known_redis

    @property
    def environment(self) -> Mapping[str, str]:
        """The same for a process that is started for it, as its settings: nothing is left to what it inherits."""
        told = {
            "app_id": self.app_id,
            "topic_prefix": self.topics.prefix,
            **self.kafka.environment,
            **self.redis.environment,
        }
        return {f"CHURN_{name.upper()}": value or "" for name, value in told.items()}
