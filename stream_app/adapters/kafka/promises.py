"""Holds what a deployment promises, and what is asked of its brokers, against what these say of themselves."""

from collections.abc import Iterator, Mapping

from schemas.errors import ContractViolation, WrongUsage
from stream_app.adapters.kafka import connection
from stream_app.adapters.kafka.broker_settings import KafkaSettings, broker_settings, topic_settings
from stream_app.adapters.kafka.said import answers
from stream_app.deployment import Deployment, KafkaConnection

_ANSWER_WITHIN_S = 10.0
_IN_STEP = 2


def demand_promises(deployment: Deployment, session_timeout_s: float) -> Iterator[str]:
    """Yields what this user may not look at, which is then nobody's promise.

    Raises ContractViolation when a topic has fewer copies than the brokers give a new one, or several of which one
    alone may acknowledge; WrongUsage when the session time-out is outside the brokers' bounds; Transient when Kafka
    does not answer.
    """
    kafka, names = deployment.kafka, deployment.topics.names
    admin = connection.admin(kafka)
    with answers("looking at what is promised", kafka, admin):
        brokers = broker_settings(admin)
        kept = {name: topic_settings(admin, name) for name in names}
        topics = admin.list_topics(timeout=_ANSWER_WITHIN_S).topics
        copies = {name: min(len(one.replicas) for one in topics[name].partitions.values()) for name in names}
    if brokers is None:
        yield "the brokers' settings (DescribeConfigs on the cluster): session time-out, default.replication.factor"
    else:
        _refuse_time_out(brokers, session_timeout_s)
    for name, settings in kept.items():
        if settings is None:
            yield f"the settings of {name} (DescribeConfigs on the topic): retention, cleanup, min.insync.replicas"
    _refuse_few_copies(kafka, copies, brokers or {})
    _refuse_lone_copies(kafka, copies, kept)


def _refuse_time_out(brokers: KafkaSettings, session_timeout_s: float) -> None:
    least, most = (int(brokers[f"group.{bound}.session.timeout.ms"]) / 1000 for bound in ("min", "max"))
    if not least <= session_timeout_s <= most:
        raise WrongUsage(
            f"CHURN_SESSION_TIMEOUT_S={session_timeout_s:g} is out of bounds: these brokers take {least:g} to {most:g} "
            "(group.min.session.timeout.ms and group.max.session.timeout.ms)"
        )


def _refuse_few_copies(kafka: KafkaConnection, copies: Mapping[str, int], brokers: KafkaSettings) -> None:
    wanted = int(brokers.get("default.replication.factor", 1))
    for name, found in copies.items():
        if found < wanted:
            raise ContractViolation(
                f"{name} has {found} replicas where these brokers give a new topic {wanted}, and is lost with {found} "
                f"of them: `kafka-reassign-partitions.sh --bootstrap-server {kafka}` gives it more",
                "too_few_replicas",
            )


def _refuse_lone_copies(
    kafka: KafkaConnection, copies: Mapping[str, int], kept: Mapping[str, KafkaSettings | None]
) -> None:
    for name, settings in kept.items():
        if settings is not None and copies[name] > _IN_STEP and int(settings["min.insync.replicas"]) < _IN_STEP:
            raise ContractViolation(
                f"{name} has {copies[name]} replicas and min.insync.replicas={settings['min.insync.replicas']}, so one "
                "broker alone may acknowledge what is lost with it: set it with `kafka-configs.sh --bootstrap-server "
                f"{kafka} --alter --entity-type topics --entity-name {name} --add-config min.insync.replicas="
                f"{_IN_STEP}`",
                "too_few_replicas",
            )
