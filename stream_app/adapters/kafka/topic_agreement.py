"""Checks, before a worker starts, that the topics fit together, and that no decision goes before its event does."""

from collections.abc import Mapping, Sequence

from confluent_kafka.admin import AdminClient

from schemas.errors import ContractViolation
from schemas.topics import FOR_EVER
from stream_app.adapters.kafka import connection
from stream_app.adapters.kafka.broker_settings import KafkaSettings, topic_settings
from stream_app.adapters.kafka.said import answers
from stream_app.adapters.kafka.unseen_topics import refuse_unseen
from stream_app.deployment import Deployment, KafkaConnection

_ANSWER_WITHIN_S = 10.0
_IS_A_LOG = "is a log, from which compaction takes records out"
_IS_CUT_BY_SIZE = "holds decisions, which must not go by size while the events that they were taken on are there"
_IS_CUT_BY_TIME = "holds rejections, stamped with the time of the rejected record, however old that is"
_GOES_FIRST = "holds decisions, which must outlast their events, and those go a whole segment at a time"


def agreed_partitions(deployment: Deployment) -> int:
    """The number of partitions that the three topics share.

    Raises ContractViolation when a topic is missing, the numbers differ, a topic is compacted, or alerts or dead
    letters, the log of decisions, may be deleted before the events they were taken on; Transient when the broker does
    not answer. How topics are kept is not held against a user who may not look at it: see `promises`.
    """
    kafka, names = deployment.kafka, deployment.topics.names
    admin = connection.admin(kafka)
    with answers("looking at the topics", kafka, admin):
        partitions = _shared_partitions(kafka, admin, names)
        kept = {name: topic_settings(admin, name) for name in names}
    if all(kept.values()):
        _refuse_short_lives(kafka, {name: settings or {} for name, settings in kept.items()})
    return partitions


def _shared_partitions(kafka: KafkaConnection, admin: AdminClient, names: Sequence[str]) -> int:
    found = {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=_ANSWER_WITHIN_S).topics.items()}
    missing = [name for name in names if name not in found]
    if missing:
        refuse_unseen(kafka, missing[0])
        raise ContractViolation(f"there is no topic {missing[0]}: `churn up` makes it", state="missing_topic")
    events, *others = names
    for name in others:
        if found[name] != found[events]:
            raise ContractViolation(
                f"{events} has {found[events]} partitions and {name} {found[name]}: what is decided on partition p "
                "stands in partition p, so make both the same",
                state="other_partitions",
            )
    return found[events]


def _refuse_short_lives(kafka: KafkaConnection, kept: Mapping[str, KafkaSettings]) -> None:
    """`kept` are the settings of events, alerts and dead letters, in this order."""
    events, alerts, letters = kept

    def demand(topic: str, setting: str, value: str, because: str) -> None:
        if (found := kept[topic][setting]) != value:
            raise ContractViolation(
                f"{topic} has {setting}={found} and {because}: set it with `kafka-configs.sh --bootstrap-server "
                f"{kafka} --alter --entity-type topics --entity-name {topic} --add-config {setting}={value}`",
                state="short_retention",
            )

    for topic in kept:
        demand(topic, "cleanup.policy", "delete", _IS_A_LOG)
    for topic in (alerts, letters):
        demand(topic, "retention.bytes", str(FOR_EVER), _IS_CUT_BY_SIZE)
    demand(letters, "retention.ms", str(FOR_EVER), _IS_CUT_BY_TIME)
    least_ms, alerts_ms = _outlasting_ms(kept[events]), int(kept[alerts]["retention.ms"])
    if alerts_ms != FOR_EVER and (least_ms == FOR_EVER or alerts_ms < least_ms):
        demand(alerts, "retention.ms", str(least_ms), _GOES_FIRST)


def _outlasting_ms(events: KafkaSettings) -> int:
    """How long to keep what must outlast an event: the youngest record of its segment keeps all the others."""
    retention_ms = int(events["retention.ms"])
    return FOR_EVER if retention_ms == FOR_EVER else retention_ms + int(events["segment.ms"])
