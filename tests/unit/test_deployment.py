"""Where a deployment keeps what is said once, from its settings."""

import pytest

from schemas.errors import ContractViolation
from schemas.topics import TOPICS
from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.faust_broker import faust_arguments
from stream_app.deployment import Deployment, KafkaConnection, RedisConnection, Topics
from stream_app.settings import Settings

KAFKA, REDIS = KafkaConnection("one:9092,two:9092"), RedisConnection("redis://three:6379/0")


def test_it_is_made_from_the_settings_and_told_to_processes_as_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Deployment("app", Topics("prefix-"), KAFKA, REDIS)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    assert deployment_of(Settings()) == made


def test_the_prefix_stands_before_the_name_of_every_topic() -> None:
    topics = Topics("prefix-")
    assert topics.names == (topics.events, topics.alerts, topics.letters)
    assert topics.names == tuple(f"prefix-{topic.name}" for topic in TOPICS)


def test_a_connection_that_is_not_known_is_missed_when_it_is_asked_for() -> None:
    only_kafka = deployment_of(Settings(kafka_bootstrap="one:9092", redis_url=None))
    assert only_kafka.kafka == KafkaConnection("one:9092")
    with pytest.raises(ContractViolation, match="no Redis is known: run `churn up`, or set CHURN_REDIS_URL"):
        _ = only_kafka.redis
    only_redis = deployment_of(Settings(kafka_bootstrap=None, redis_url="redis://three:6379/0"))
    with pytest.raises(ContractViolation, match="no broker is known: run `churn up`, or set CHURN_KAFKA_BOOTSTRAP"):
        _ = only_redis.kafka


def test_faust_is_told_of_every_broker() -> None:
    assert faust_arguments(KAFKA)["broker"] == ["kafka://one:9092", "kafka://two:9092"]
