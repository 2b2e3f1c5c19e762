"""A deployment of a test's own on the run's Kafka and Redis: topics, workers, what must be true of it at the end."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import redis

from schemas.alerts import Alert
from stack.local import Services
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.subscriber import AlertSubscriber
from stream_app.adapters.kafka.topic_log import KafkaTopicLog
from stream_app.adapters.kafka.topics import create_topics
from stream_app.adapters.redis.keys import meta_key, state_prefix
from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.engine import engine_of, first_control
from stream_app.core.features.codec import pack
from stream_app.core.features.fold import read
from stream_app.core.log import PlainRecord
from stream_app.core.replay import Replay
from stream_app.deployment import Deployment as Kept
from stream_app.deployment import KafkaConnection, RedisConnection
from stream_app.settings import Settings
from tests.oracle import vector
from tests.support.fold_comparison import lives, same_bits

PARTITIONS = 4
APPLIED_WITHIN_S = 90.0


@dataclass
class Deployment:
    """One app id with its topics; `workers` are those that have been started."""

    services: Services
    prefix: str
    directory: Path
    workers: list[WorkerProcess] = field(default_factory=list)
    own_redis: RedisConnection | None = None

    @property
    def settings(self) -> Settings:
        return Settings(
            app_id=self.prefix + "app",
            topic_prefix=self.prefix,
            kafka_bootstrap=self.services.bootstrap,
            redis_url=self.own_redis.url if self.own_redis else self.services.redis_url,
            partitions=PARTITIONS,
            session_timeout_s=6.0,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The settings for processes."""
        return {**self.at.environment, "CHURN_SESSION_TIMEOUT_S": str(self.settings.session_timeout_s)}

    @property
    def at(self) -> Kept:
        """Where it keeps what."""
        return deployment_of(self.settings)

    def topic(self) -> str:
        return self.at.topics.events

    def create(self) -> None:
        create_topics(self.at, PARTITIONS, first_control(self.settings))

    def start_worker(self, trace: Path | None = None, more: Mapping[str, str] | None = None) -> WorkerProcess:
        """`more` are settings beside the deployment's own."""
        worker = WorkerProcess(
            {**self.environment, **(more or {})}, self.directory / f"worker-{len(self.workers)}.log", trace
        )
        self.workers.append(worker)
        return worker

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.at.redis.url)

    def owners(self) -> list[bytes | None]:
        """The token of each partition's owner."""
        with self.redis() as client:
            return [client.hget(meta_key(self.at.app_id, p), "owner") for p in range(PARTITIONS)]

    def positions(self) -> list[int]:
        """Next offset to apply of every partition, as Redis has it."""
        with self.redis() as client:
            return [int(client.hget(meta_key(self.at.app_id, p), "position") or 0) for p in range(PARTITIONS)]

    def wait_until_applied(self, ends: Sequence[int]) -> None:
        deadline = time.monotonic() + APPLIED_WITHIN_S
        while self.positions() != list(ends):
            assert time.monotonic() < deadline, f"applied {self.positions()} of {list(ends)}"
            self.workers[-1].must_run()
            time.sleep(0.1)

    def log(self) -> list[list[PlainRecord]]:
        """Every record of the events topic, by partition."""
        return read_topic(self.at.kafka, self.topic())

    def states(self, partition: int) -> dict[str, bytes]:
        """Every stored state of a partition, by user."""
        start = state_prefix(self.at.app_id, partition)
        with self.redis() as client:
            keys = sorted(client.scan_iter(f"{start}*", count=1000))
            values = client.mget(keys) if keys else []
        return {key.decode().removeprefix(start): value for key, value in zip(keys, values, strict=True)}

    def alerts(self) -> list[Alert]:
        """Every committed alert."""
        subscriber = AlertSubscriber(self.at.kafka, self.at.topics.alerts, from_start=True)
        found: list[Alert] = []
        silent_since = time.monotonic()
        while time.monotonic() - silent_since < 2.0:
            received = subscriber.poll(0.2)
            found += [one.alert for one in received]
            if received:
                silent_since = time.monotonic()
        subscriber.close()
        return found

    def must_equal_one_uninterrupted_fold(self, may_be_silent: bool = False) -> int:
        """Every state byte for byte, every feature as the oracle says, every decision once; how many events.

        A log without a single decision proves little and fails, unless it `may_be_silent`.
        """
        engine = engine_of(self.settings)
        decided: Counter[str] = Counter()
        events = 0
        for partition, records in enumerate(self.log()):
            replay = Replay(engine, partition, PARTITIONS)
            steps = list(replay.apply(records))
            decided.update(alert.id for step in steps for alert in step.advance.alerts)
            events += sum(step.advance.applied for step in steps)
            folded = replay.records[: len(replay.users)]
            assert dict(zip(replay.users, pack(folded), strict=True)) == self.states(partition)
            vectors = read(folded, np.ascontiguousarray(folded["clock"]), engine.compiled.plan)
            for user, life in lives(engine.compiled.workload, [r for r in records if r.key]).items():
                assert same_bits(vectors[replay.users[user]], vector(life)), user
        assert Counter(alert.id for alert in self.alerts()) == decided
        assert decided or may_be_silent
        return events


def read_topic(kafka: KafkaConnection, topic: str, *, whole: bool = True) -> list[list[PlainRecord]]:
    """A topic as it stands, or what is left of one that need not be whole."""
    log = KafkaTopicLog(kafka, topic, whole=whole)
    return [[record for block in log.read(partition) for record in block] for partition in range(log.partitions)]


@contextmanager
def deployment(services: Services, prefix: str, directory: Path) -> Iterator[Deployment]:
    """A deployment whose workers end with it."""
    made = Deployment(services, prefix, directory)
    made.create()
    try:
        yield made
    finally:
        for worker in made.workers:
            worker.kill()
