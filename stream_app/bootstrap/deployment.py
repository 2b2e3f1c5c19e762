"""A deployment as the settings name it, and everything through which commands, operations and proofs reach into it."""

from contextlib import AbstractContextManager

from stream_app.adapters.kafka.broker_clock import broker_time_ms
from stream_app.adapters.kafka.connection import admin, aio_consumer, aio_producer, consumer, producer
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.event_log import KafkaEventLog
from stream_app.adapters.kafka.look import look_at_kafka
from stream_app.adapters.kafka.named_writer import KafkaNamedWriter
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.adapters.kafka.subscriber import AlertSubscriber
from stream_app.adapters.kafka.topic_facts import held_back, topic_facts
from stream_app.adapters.kafka.topic_log import KafkaTopicLog, barred_in_topic, topic_exists
from stream_app.adapters.kafka.topics import create_topics, delete_topics, empty_topics, write_control
from stream_app.adapters.redis import stored_states as redis_states
from stream_app.adapters.redis.cleaning import forget
from stream_app.adapters.redis.connection import aio_client, client, look_at_redis
from stream_app.adapters.redis.keys import all_keys_pattern, meta_key, partition_of_meta, state_prefix
from stream_app.adapters.redis.stored_states import some_sizes
from stream_app.bootstrap.connections import kafka_of, redis_of
from stream_app.deployment import Deployment, KafkaConnection, Topics
from stream_app.partition.ports import DecisionLog, EventLog
from stream_app.ports.receiving import Subscriber
from stream_app.ports.sending import Sender
from stream_app.ports.stored_states import StoredStates
from stream_app.ports.topic_log import Isolation, TopicLog
from stream_app.ports.writing import NamedWriter
from stream_app.settings import Settings

__all__ = [
    "admin",
    "aio_client",
    "aio_consumer",
    "aio_producer",
    "all_keys_pattern",
    "barred_in_topic",
    "broker_time_ms",
    "client",
    "consumer",
    "create_topics",
    "delete_topics",
    "empty_topics",
    "forget",
    "held_back",
    "look_at_kafka",
    "look_at_redis",
    "meta_key",
    "partition_of_meta",
    "producer",
    "some_sizes",
    "state_prefix",
    "topic_exists",
    "topic_facts",
    "write_control",
]


def deployment_of(settings: Settings) -> Deployment:
    """Where the deployment keeps what. A connection that is not known is missed when it is first asked for.

    Raises ContractViolation when settings of a connection do not go together, or name what cannot be read.
    """
    return Deployment(settings.app_id, Topics(settings.topic_prefix), kafka_of(settings), redis_of(settings))


def topic_log(
    kafka: KafkaConnection,
    topic: str,
    isolation: Isolation = "read_committed",
    *,
    whole: bool = True,
    stable: bool = False,
) -> TopicLog:
    """A topic up to its present ends: those that a `stable` one has before an open transaction, or behind it.

    Raises ContractViolation when there is no such topic, or it must be `whole` and its beginning is gone; Transient
    without a broker.
    """
    return KafkaTopicLog(kafka, topic, isolation, whole=whole, stable=stable)


def sender(deployment: Deployment) -> Sender:
    """Sends events. Raises Transient when no broker answers, ContractViolation when the topic does not exist."""
    return KafkaSender(deployment.kafka, deployment.topics.events)


def subscriber(deployment: Deployment, *, from_start: bool) -> Subscriber:
    """Follows the alerts, from the oldest or from now on. Raises as `sender` does."""
    return AlertSubscriber(deployment.kafka, deployment.topics.alerts, from_start=from_start)


def named_writer(kafka: KafkaConnection) -> NamedWriter:
    """Writes single records, each once."""
    return KafkaNamedWriter(kafka)


def decisions(deployment: Deployment, partition: int) -> DecisionLog:
    """What one session holds of the decisions."""
    return KafkaDecisions(deployment, partition)


def event_log(deployment: Deployment, partition: int) -> EventLog:
    """Looks at the events from the side."""
    return KafkaEventLog(deployment, partition)


def stored_states(deployment: Deployment) -> AbstractContextManager[StoredStates]:
    """All states in Redis. Raises Transient for whatever is no answer."""
    return redis_states.stored_states(deployment)
