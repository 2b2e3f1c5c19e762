"""Both sides of the fencing bench do all of the work: only then is the ratio of what they cost a price of the fence."""

from typing import Any

from benchmarks.speed.deployments import Pids, Site
from proofs.fencing import price
from stack.local import Services
from tests.support.connections import kafka_of, redis_of

EVENTS, USERS, BATCH = 6_000, 500, 512


def test_both_sides_score_every_event_and_raise_every_alert_once(stack: Services, prefix: str) -> None:
    site = Site(kafka_of(stack), redis_of(stack), Pids(redis=stack.redis.pid, kafka=stack.kafka.pid))
    result: dict[str, Any] = price.measure(site, prefix + "fencing", "zipf", EVENTS, USERS, [BATCH], 1, print)
    pair = result[str(BATCH)]
    for side in ("fenced", "unfenced"):
        found = pair[side]
        assert (found["events"], found["scored"], found["alerts"]) == (EVENTS, EVENTS, EVENTS // price.NEW_EVERY)
        assert 0 < found["events_per_batch"] <= BATCH
        assert found["worker_cpu_us_per_event"] > 0
    assert pair["ratio"] > 0
