"""Where a deployment keeps what, and how it is reached."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.errors import ContractViolation
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS, Topic


@dataclass(frozen=True)
class KafkaConnection:
    """How brokers are reached; `bootstrap` is host:port, several with commas.

    What else clients need to be let in (TLS, SASL) belongs here: adapters/kafka/connection.py makes every client of it.
    """

    bootstrap: str

    @property
    def servers(self) -> list[str]:
        """The brokers one by one."""
        return self.bootstrap.split(",")

    def __str__(self) -> str:
        """As it is named to people: without secrets."""
        return self.bootstrap


@dataclass(frozen=True)
class RedisConnection:
    """How Redis is reached; `url` is redis://host:port/db.

    What else clients need to be let in (TLS, a password) belongs here: adapters/redis/connection.py makes every client
    of it.
    """

    url: str


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
        """The same for a process that is started for it, as its settings."""
        return {
            "CHURN_APP_ID": self.app_id,
            "CHURN_TOPIC_PREFIX": self.topics.prefix,
            "CHURN_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "CHURN_REDIS_URL": self.redis.url,
        }
