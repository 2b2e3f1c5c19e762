"""A worker: sessions over Kafka and Redis, for each partition that Faust gives it."""

import secrets
from dataclasses import dataclass
from functools import partial
from itertools import chain

from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.event_log import KafkaEventLog
from stream_app.adapters.kafka.topic_agreement import agreed_partitions
from stream_app.adapters.redis.memory import memory_ratio
from stream_app.adapters.redis.states import RedisStates
from stream_app.bootstrap.engine import Comparisons, engine_of, warm_up
from stream_app.core.partition_fold import PartitionFold
from stream_app.deployment import Deployment
from stream_app.metrics.memory_watch import MemoryWatch
from stream_app.metrics.page import MetricsPage
from stream_app.metrics.ports import ControlsInForce, measured
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


@dataclass(frozen=True)
class Worker:
    """The parts of a worker that its shell holds on to."""

    owner: PartitionOwner
    counts: RecordCounts
    metrics: MetricsPage
    memory: MemoryWatch
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
    redis, partitions = deployment.redis, agreed_partitions(deployment)
    scorers = ScorerWatch()
    engine = engine_of(settings, Comparisons(scorers.chosen).scorer)
    warm_up(engine)
    metrics, in_force = WorkerMetrics(), ControlsInForce()
    counts = RecordCounts(metrics)
    watchers: list[Watcher] = [counts]
    topics = TopicsWatch(partial(agreed_partitions, deployment))
    if settings.trace_file is not None:
        watchers.append(Trace(settings.trace_file))

    def open_session(partition: int, feed: PartitionTask) -> tuple[Session, Ports]:
        agreed = AgreedFeed(feed, partitions, topics)
        agreed.must_be_agreed()
        ports = Ports(
            states=RedisStates(deployment, partition),
            decisions=KafkaDecisions(deployment, partition),
            log=KafkaEventLog(deployment, partition),
            feed=agreed,
            watcher=_Watchers([*watchers, feed]),
        )
        fold = PartitionFold(engine, partition, partitions)
        session = Session(fold, partition, partitions, secrets.token_bytes(16), settings.rejected_share)
        return session, measured(ports, partition, metrics, in_force)

    owner = PartitionOwner(deployment.topics.events, open_session, metrics)
    memory = MemoryWatch(lambda: memory_ratio(redis))
    gauges = (partial(partition_readings, owner, in_force), memory.readings, scorers.readings)
    page = MetricsPage(metrics, lambda: chain.from_iterable(readings() for readings in gauges))
    return Worker(owner, counts, page, memory, topics)
