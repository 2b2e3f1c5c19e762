"""Redis that is full pauses the worker and loses nothing; the alarm comes first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.simulator import simulate
from schemas.outgoing import address
from stack.local import Services
from stack.redis_server import RedisServer
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.deployment import RedisConnection
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.e2e.test_kill import START_MS, ends
from tests.support.connections import kafka_of
from tests.support.waiting import wait_until

MIB = 1 << 20
WITHIN_S = 60.0


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with a Redis of its own, which may be filled."""
    server = RedisServer(tmp_path / "redis")
    url = server.start()
    try:
        with deployment(stack, prefix, tmp_path) as it:
            it.own_redis = RedisConnection(url)
            yield it
    finally:
        server.stop()


def states(worker: WorkerProcess) -> set[str]:
    return {partition["state"] for partition in worker.probe()["partitions"].values()}


def test_a_full_redis_pauses_every_partition_after_an_alarm_and_nothing_is_lost(made: Deployment) -> None:
    worker = made.start_worker()
    worker.wait_until_ready()
    with made.redis() as client:

        def alarmed_at_85_percent() -> bool:
            client.config_set("maxmemory", int(client.info("memory")["used_memory"] / 0.85))
            return "redis_memory_high" in worker.log.read_text()

        wait_until(alarmed_at_85_percent, "no alarm at 85 %")
        assert states(worker) == {"running"}
        client.config_set("maxmemory", client.info("memory")["used_memory"] + MIB // 64)
        events = list(address(simulate(400, 40, 3, START_MS)))
        KafkaSender(kafka_of(made.services), made.topic()).send(events, flat_out(), lambda _: None)
        paused: set[str] = set()

        def every_partition_was_refused() -> bool:
            refused = {p: found for p, found in worker.probe()["partitions"].items() if "maxmemory" in found["why"]}
            assert {found["state"] for found in refused.values()} <= {"backing_off"}
            paused.update(refused)
            return len(paused) == PARTITIONS

        wait_until(every_partition_was_refused, "Redis was not full")
        assert sum(made.positions()) < len(events)
        client.config_set("maxmemory", 0)
    made.wait_until_applied(ends(made))
    assert made.must_equal_one_uninterrupted_fold() == len(events)
