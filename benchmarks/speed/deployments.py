"""A deployment of a benchmark's own on running services: topics, keys and workers that end with it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from schemas.events import Control
from schemas.manifests import MODEL_FILE
from stack.worker_process import WorkerProcess
from stream_app.bootstrap.deployment import create_topics, delete_topics, deployment_of, forget, some_sizes
from stream_app.bootstrap.engine import first_control, newest_model
from stream_app.deployment import Deployment, KafkaConnection, RedisConnection
from stream_app.settings import Settings

_SAMPLE = 20_000


@dataclass(frozen=True)
class Pids:
    """The processes whose time is taken; None for a service that is not ours to look into."""

    redis: int | None
    kafka: int | None


@dataclass(frozen=True)
class Site:
    """Where benchmarks run: the services, and the processes behind them."""

    kafka: KafkaConnection
    redis: RedisConnection
    pids: Pids


@dataclass(frozen=True)
class Testbed:
    """A deployment that ends with the benchmark."""

    settings: Settings
    pids: Pids

    @property
    def deployment(self) -> Deployment:
        """Where it keeps what."""
        return deployment_of(self.settings)

    @property
    def model(self) -> Path:
        """The graph of the newest model, which the topic begins with."""
        newest = newest_model(self.settings.models_directory, self.settings.workload)
        return self.settings.models_directory / newest.name / newest.version / MODEL_FILE

    @contextmanager
    def worker(self) -> Iterator[WorkerProcess]:
        """A worker of this deployment, stopped at the end."""
        with tempfile.TemporaryDirectory() as directory:
            worker = WorkerProcess(self.deployment.environment, Path(directory) / "worker.log")
            try:
                yield worker
            finally:
                worker.stop()

    def mean_state_bytes(self) -> float:
        """Mean size of a user's stored state, over a sample of the users."""
        return float(np.mean(some_sizes(self.deployment, _SAMPLE)))


@contextmanager
def a_testbed(site: Site, app_id: str, control: Control | None = None) -> Iterator[Testbed]:
    """Make topics that begin with `control` (None: the newest model's own), and take topics and keys away again."""
    settings = Settings(
        app_id=app_id, topic_prefix=f"{app_id}-", kafka_bootstrap=site.kafka.bootstrap, redis_url=site.redis.url
    )
    made = Testbed(settings, site.pids)
    create_topics(made.deployment, settings.partitions, control or first_control(settings))
    try:
        yield made
    finally:
        delete_topics(made.deployment)
        forget(made.deployment)
