"""The run's Kafka and Redis, as the code under test is told of them."""

from functools import partial

from stack.local import NamedService, NamedServices, Services
from stream_app.bootstrap.deployment import look_at_kafka, look_at_redis
from stream_app.deployment import Deployment, KafkaConnection, RedisConnection, Topics

NOWHERE = Deployment("app", Topics(), KafkaConnection("127.0.0.1:1"), RedisConnection("redis://127.0.0.1:1/0"))
"""Where nobody answers."""


def named(broker: str | None, url: str | None) -> NamedServices:
    """Services as a person may name them."""
    kafka, redis = (KafkaConnection(broker) if broker else None), (RedisConnection(url) if url else None)
    return NamedServices(
        NamedService(str(kafka), partial(look_at_kafka, kafka)) if kafka else None,
        NamedService(str(redis), partial(look_at_redis, redis)) if redis else None,
    )


def kafka_of(services: Services) -> KafkaConnection:
    """The brokers."""
    return KafkaConnection(services.bootstrap)


def redis_of(services: Services) -> RedisConnection:
    """The Redis."""
    return RedisConnection(services.redis_url)


def deployment_at(services: Services, prefix: str) -> Deployment:
    """A deployment whose topics and keys begin with this prefix."""
    return Deployment(f"{prefix}app", Topics(prefix), kafka_of(services), redis_of(services))
