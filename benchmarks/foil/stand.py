"""A Kafka and a Redis for one run of the foil alone: whatever it kills is nobody else's."""

import os
import tempfile
from pathlib import Path

from benchmarks.deployments import Pids, Site, deployment
from benchmarks.foil.run import Order, Say, run
from stack import local
from stack.redis_server import RedisServer


def run_alone(order: Order, jars: Path, say: Say) -> dict[str, object]:
    """Start both, run the foil, stop both. `jars` is where Kafka's jars are kept."""
    with tempfile.TemporaryDirectory(prefix="churn-foil-") as temporary:
        directory = Path(temporary)
        say("starting a Kafka and a Redis")
        services = local.start(directory, say=say, jars=jars)
        try:
            site = Site(services.bootstrap, services.redis_url, Pids(services.redis.pid, services.kafka.pid))
            with deployment(site, f"foil-{os.getpid()}") as made:
                return run(order, made, RedisServer(directory.resolve() / "redis"), directory / "agents", say)
        finally:
            local.stop(directory)
