"""A worker: sessions over Kafka and Redis, for each partition that Faust gives it."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain

import structlog

from schemas.errors import Transient
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.event_log import KafkaEventLog
from stream_app.adapters.kafka.promises import demand_promises
from stream_app.adapters.kafka.record_batches import BatchReader
from stream_app.adapters.kafka.topic_agreement import agreed_partitions
from stream_app.adapters.redis.look import RedisLook, look_once
from stream_app.adapters.redis.states import RedisStates
from stream_app.bootstrap.engine import Comparisons, engine_of, warm_up
from stream_app.core.partition_fold import PartitionFold
from stream_app.deployment import Deployment, RedisConnection
from stream_app.metrics.page import MetricsPage
from stream_app.metrics.ports import ControlsInForce, measured
from stream_app.metrics.redis_watch import RedisWatch
from stream_app.metrics.scorer_watch import ScorerWatch
from stream_app.metrics.worker_metrics import WorkerMetrics
from stream_app.partition.effects import Report
from stream_app.partition.ports import Ports, Watcher
from stream_app.partition.session import Session
from stream_app.settings import Settings
from stream_app.worker.agreed_feed import AgreedFeed
from stream_app.worker.owner import PartitionOwner, PartitionTask
from stream_app.worker.topics_watch import TopicsWatch
from stream_app.worker.watch import RecordCounts, Trace, partition_readings

_log = structlog.get_logger()


@dataclass(frozen=True)
class Worker:
    """The parts of a worker that its shell holds on to."""

    owner: PartitionOwner
    counts: RecordCounts
    metrics: MetricsPage
    redis: RedisWatch
    topics: TopicsWatch


class _Watchers:
    """Tells several watchers."""

    def __init__(self, watchers: list[Watcher]) -> None:
        self._watchers = watchers

    def committed(self, partition: int, report: Report) -> None:
        for watcher in self._watchers:
            watcher.committed(partition, report)


def worker(settings: Settings, deployment: Deployment) -> Worker:
    """A worker for this deployment, warmed up. Raises ContractViolation or Transient when it cannot work."""
    partitions, redis = agreed_partitions(deployment), _watched(deployment.redis)
    for unseen in demand_promises(deployment, settings.session_timeout_s):
        _log.warning("kafka_not_looked_at", why=f"this user may not look at {unseen}: see to it yourself, or grant it")
    scorers = ScorerWatch()
    engine = engine_of(settings, Comparisons(scorers.chosen).scorer)
    warm_up(engine)
    BatchReader()  # compiles its kernel: cold, the consumer's thread would come too late
    metrics, in_force = WorkerMetrics(), ControlsInForce()
    counts = RecordCounts(metrics)
    watchers: list[Watcher] = [counts]
    topics = TopicsWatch(partial(agreed_partitions, deployment))
    if settings.trace_file is not None:
        watchers.append(Trace(settings.trace_file))

    def open_session(partition: int, feed: PartitionTask) -> tuple[Session, Ports]:
        agreed = AgreedFeed(feed, partitions, topics, redis.refuse_eviction)
        agreed.must_be_agreed()
        ports = Ports(
            states=RedisStates(deployment, partition),
            decisions=KafkaDecisions(deployment, partition),
            log=KafkaEventLog(deployment, partition),
            feed=agreed,
            watcher=_Watchers([*watchers, feed]),
        )
        fold = PartitionFold(engine, partition, partitions)
        token = secrets.token_bytes(16)
        session = Session(fold, partition, partitions, token, settings.rejected_share, feed.suspects)
        return session, measured(ports, partition, metrics, in_force)

    owner = PartitionOwner(deployment.topics.events, open_session, metrics)
    gauges = (partial(partition_readings, owner, in_force), redis.readings, scorers.readings)
    page = MetricsPage(metrics, lambda: chain.from_iterable(readings() for readings in gauges))
    return Worker(owner, counts, page, redis, topics)


def _watched(redis: RedisConnection) -> RedisWatch:
    """A watch that has looked once; if Redis is silent, sessions wait until it has. Raises ContractViolation when Redis
    may evict states, or refuses to be used at all."""
    watch = RedisWatch(RedisLook(redis).look)
    with suppress(Transient):
        watch.take(look_once(redis))
        watch.refuse_eviction()
    return watch
