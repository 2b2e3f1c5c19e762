"""A deployment of a benchmark's own on running services: topics, keys and workers that end with it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import redis

from schemas.errors import ContractViolation
from schemas.events import Control
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.topics import create_topics, delete_topics
from stream_app.adapters.redis.cleaning import forget
from stream_app.bootstrap import brokers, first_control
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

    bootstrap: str
    redis_url: str
    pids: Pids


@dataclass(frozen=True)
class Deployment:
    """One app id with its topics."""

    settings: Settings
    pids: Pids

    @property
    def bootstrap(self) -> str:
        """host:port of the broker."""
        return ",".join(brokers(self.settings))

    @property
    def redis_url(self) -> str:
        """redis://host:port/db of the Redis."""
        if self.settings.redis_url is None:
            raise ContractViolation("no Redis is known: run `churn up`, or set CHURN_REDIS_URL")
        return self.settings.redis_url

    @property
    def events_topic(self) -> str:
        """Where events go."""
        return self.settings.topic_prefix + CUSTOMER_EVENTS.name

    @property
    def alerts_topic(self) -> str:
        """Where alerts come."""
        return self.settings.topic_prefix + CHURN_ALERTS.name

    @contextmanager
    def worker(self) -> Iterator[WorkerProcess]:
        """A worker of this deployment, stopped at the end."""
        environment = {
            "CHURN_APP_ID": self.settings.app_id,
            "CHURN_TOPIC_PREFIX": self.settings.topic_prefix,
            "CHURN_KAFKA_BOOTSTRAP": self.bootstrap,
            "CHURN_REDIS_URL": self.redis_url,
        }
        with tempfile.TemporaryDirectory() as directory:
            worker = WorkerProcess(environment, Path(directory) / "worker.log")
            try:
                yield worker
            finally:
                worker.stop()

    def mean_state_bytes(self) -> float:
        """Mean size of a user's stored state, over a sample of the users."""
        with redis.Redis.from_url(self.redis_url) as client:
            keys = list(islice(client.scan_iter(f"{{{self.settings.app_id}.*:u:*", count=5000), _SAMPLE))
            return float(np.mean([len(value) for value in client.mget(keys)]))


@contextmanager
def deployment(site: Site, app_id: str, control: Control | None = None) -> Iterator[Deployment]:
    """Make topics that begin with `control` (None: the newest model's own), and take topics and keys away again."""
    settings = Settings(
        app_id=app_id, topic_prefix=f"{app_id}-", kafka_bootstrap=site.bootstrap, redis_url=site.redis_url
    )
    create_topics(site.bootstrap, settings.topic_prefix, settings.partitions, control or first_control(settings))
    try:
        yield Deployment(settings, site.pids)
    finally:
        delete_topics(site.bootstrap, settings.topic_prefix)
        forget(site.redis_url, app_id)
