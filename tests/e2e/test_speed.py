"""The worker's speed as a ratio to a stock Faust agent of the same run; the latency bench sees what it sends."""

import pytest

from benchmarks.speed import gate
from benchmarks.speed.deployments import Pids, Site
from benchmarks.speed.latency import NEW_EVERY, bench
from stack.local import Services
from tests.support.connections import kafka_of, redis_of

pytestmark = pytest.mark.alone


def a_site(stack: Services) -> Site:
    return Site(kafka_of(stack), redis_of(stack), Pids(redis=stack.redis.pid, kafka=stack.kafka.pid))


@pytest.mark.usefixtures("committed_models")
def test_the_worker_scores_several_times_as_many_events_as_stock_faust_counts(stack: Services, prefix: str) -> None:
    gate.demand(gate.ratio(a_site(stack), prefix + "gate"))


def test_the_latency_bench_sees_the_alert_of_every_new_user(stack: Services, prefix: str) -> None:
    rate, seconds = 1_000, 2.0
    with bench(a_site(stack), prefix + "latency", known_users=500) as ready:
        seen = ready.offer(rate, seconds, warm_up_s=1.0)
    assert (seen["alerts"], seen["alerts_missing"]) == (rate * seconds // NEW_EVERY, 0)
    hand, alert = seen["produce_to_hand_ms"], seen["produce_to_alert_ms"]
    assert isinstance(hand, dict)
    assert isinstance(alert, dict)
    assert 0 <= hand["p50"] <= alert["p50"] <= alert["p99"] <= alert["p999"]
