"""The run's Kafka and Redis, as the code under test is told of them."""

from stack.local import Services
from stream_app.deployment import Deployment, KafkaConnection, RedisConnection, Topics

NOWHERE = Deployment("app", Topics(), KafkaConnection("127.0.0.1:1"), RedisConnection("redis://127.0.0.1:1/0"))
"""Where nobody answers."""


def kafka_of(services: Services) -> KafkaConnection:
    """The brokers."""
    return KafkaConnection(services.bootstrap)


def redis_of(services: Services) -> RedisConnection:
    """The Redis."""
    return RedisConnection(services.redis_url)


def deployment_at(services: Services, prefix: str) -> Deployment:
    """A deployment whose topics and keys begin with this prefix."""
    return Deployment(f"{prefix}app", Topics(prefix), kafka_of(services), redis_of(services))
