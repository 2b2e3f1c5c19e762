"""The composition root: the only place that knows which concrete class stands behind a port."""

import secrets
import time
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np

from schemas.errors import ContractViolation
from schemas.events import Activity, ActivityData, Control, ControlData, ModelRef
from schemas.instants import format_instant
from schemas.manifests import Manifest
from schemas.topics import CUSTOMER_EVENTS, TOPICS
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.event_log import KafkaEventLog
from stream_app.adapters.kafka.topic_agreement import agreed_partitions
from stream_app.adapters.onnx_scorer import load_model, newest_model
from stream_app.adapters.redis.memory import memory_ratio
from stream_app.adapters.redis.states import RedisStates
from stream_app.core.decisions.policy import decide
from stream_app.core.engine import Engine, Recorded
from stream_app.core.features.codec import pack, unpack
from stream_app.core.features.plan import compile_workload
from stream_app.core.features.workload import Workload
from stream_app.core.hashing import fingerprints
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.core.partition_fold import PartitionFold
from stream_app.core.scoring import Scorer
from stream_app.metrics.measures import Measures
from stream_app.metrics.memory_watch import MemoryWatch
from stream_app.metrics.page import MetricsPage
from stream_app.metrics.ports import ControlsInForce, measured
from stream_app.partition.effects import Report
from stream_app.partition.ports import Ports, Watcher
from stream_app.partition.session import Session
from stream_app.settings import Settings
from stream_app.worker.agreed_feed import AgreedFeed
from stream_app.worker.owner import PartitionOwner, PartitionTask
from stream_app.worker.watch import Counts, Trace, partition_readings
from stream_app.workloads import music

WORKLOADS = {music.WORKLOAD.name: music.WORKLOAD}


def workload_named(name: str) -> Workload:
    """A workload by name. Raises ContractViolation when there is none of that name."""
    if name not in WORKLOADS:
        raise ContractViolation(f"there is no workload {name!r}: choose one of {', '.join(sorted(WORKLOADS))}")
    return WORKLOADS[name]


def engine(settings: Settings) -> Engine:
    """The engine of this deployment's workload, with models from its models directory."""
    return engine_for(settings.workload, settings.models_directory, settings.topic_prefix + CUSTOMER_EVENTS.name)


def engine_for(workload: str, models: Path, topic: str) -> Engine:
    """An engine for any workload, models directory and topic."""

    def load(reference: ModelRef) -> Scorer:
        return load_model(models, reference)

    return Engine(compile_workload(workload_named(workload)), load, topic)


def control_for(manifest: Manifest, at_ms: int) -> Control:
    """The control record that puts a model in force with the policy it was made with."""
    return Control(
        specversion="1.0",
        id=f"control-{manifest.name}-{manifest.version}-{at_ms}",
        source="/churn/operations",
        time=format_instant(at_ms),
        datacontenttype="application/json",
        data=ControlData(model=manifest.reference(), policy=manifest.policy),
    )


def brokers(settings: Settings) -> list[str]:
    """The broker addresses. Raises ContractViolation when none is known."""
    if settings.kafka_bootstrap is None:
        raise ContractViolation("no broker is known: run `churn up`, or set CHURN_KAFKA_BOOTSTRAP")
    return settings.kafka_bootstrap.split(",")


def states_url(settings: Settings) -> str:
    """Where Redis is. Raises ContractViolation when none is known."""
    if settings.redis_url is None:
        raise ContractViolation("no Redis is known: run `churn up`, or set CHURN_REDIS_URL")
    return settings.redis_url


@dataclass(frozen=True)
class Worker:
    """The parts of a worker that its shell holds on to."""

    owner: PartitionOwner
    counts: Counts
    metrics: MetricsPage
    memory: MemoryWatch


class _Watchers:
    """Tells several watchers."""

    def __init__(self, watchers: list[Watcher]) -> None:
        self._watchers = watchers

    def committed(self, partition: int, report: Report) -> None:
        for watcher in self._watchers:
            watcher.committed(partition, report)


def worker(settings: Settings) -> Worker:
    """A worker for this deployment, warmed up. Raises ContractViolation or Transient when it cannot work."""
    kafka, redis_url = ",".join(brokers(settings)), states_url(settings)
    partitions = agreed_partitions(kafka, settings.topic_prefix)
    events, alerts, letters = (settings.topic_prefix + topic.name for topic in TOPICS)
    the_engine = engine(settings)
    warm_up(the_engine)
    measures, in_force = Measures(), ControlsInForce()
    counts = Counts(measures)
    watchers: list[Watcher] = [counts]
    if settings.trace_file is not None:
        watchers.append(Trace(settings.trace_file))

    def open_session(partition: int, feed: PartitionTask) -> tuple[Session, Ports]:
        agreed = AgreedFeed(feed, partitions)
        agreed.must_be_agreed()
        ports = Ports(
            states=RedisStates(redis_url, settings.app_id, partition),
            decisions=KafkaDecisions(kafka, settings.app_id, (events, alerts, letters), partition),
            log=KafkaEventLog(kafka, events, partition),
            feed=agreed,
            watcher=_Watchers([*watchers, feed]),
        )
        fold = PartitionFold(the_engine, partition, partitions)
        session = Session(fold, partition, partitions, secrets.token_bytes(16), settings.rejected_share)
        return session, measured(ports, partition, measures, in_force)

    owner = PartitionOwner(events, open_session, measures)
    memory = MemoryWatch(lambda: memory_ratio(redis_url))
    page = MetricsPage(measures, lambda: chain(partition_readings(owner, in_force), memory.readings()))
    return Worker(owner, counts, page, memory)


def warm_up(engine: Engine) -> None:
    """Compile the kernels before the worker joins its group: cold, they would hold up the loop for seconds."""
    records = np.zeros(1, engine.compiled.record)
    data = ActivityData(action="none")
    event = Activity(specversion="1.0", id="1", source="/warm-up", time=format_instant(1), subject="user", data=data)
    found = msgspec.json.encode(event)
    to_be_decoded = b" " + found
    events = take_in([PlainRecord(0, 1, b"user", found), PlainRecord(1, 1, b"user", to_be_decoded)], 0, 1).events
    advance = engine.advance(records, {"user": 0}, events, None, Recorded({}, -1), 0)
    fingerprints(advance.folded.vectors)
    nothing = np.zeros(0, np.int64)
    policy = engine.compiled.workload.policy
    decide(records, nothing, nothing, nothing.astype(np.float32), nothing.astype(np.uint8), policy)
    unpack(pack(records), engine.compiled.record)


def first_control(settings: Settings) -> Control:
    """The control record that new topics begin with: the newest model of the workload."""
    return control_for(newest_model(settings.models_directory, settings.workload), time.time_ns() // 1_000_000)
