"""The foil is a fair one: left in peace it loses nothing, and a killed one is shown to double."""

from pathlib import Path
from typing import Any

from benchmarks.deployments import Pids, Site, deployment
from benchmarks.foil.run import Order, run
from benchmarks.foil.stand import run_alone
from stack.local import Services
from stack.redis_server import RedisServer

WRONG = (
    "users_wrong",
    "events_lost",
    "events_doubled",
    "alerts_missing",
    "alerts_duplicate",
    "alerts_phantom",
    "never_acknowledged",
    "agent_exits",
)


def test_without_faults_the_foil_counts_every_event_once_and_sends_every_alert_once(
    stack: Services, prefix: str, tmp_path: Path
) -> None:
    order = Order(seconds=4.0, seed=1, rate=1_000.0, users=20, kinds=())
    site = Site(stack.bootstrap, stack.redis_url, Pids(stack.redis.pid, stack.kafka.pid))
    with deployment(site, prefix + "foil") as made:
        found = run(order, made, RedisServer(tmp_path), tmp_path, print)
    assert found["events"] == 4_000
    assert found["alerts"]
    assert {name: found[name] for name in WRONG} == dict.fromkeys(WRONG, 0)


def test_kills_and_a_loss_of_power_leave_wrong_counts(jars: Path) -> None:
    order = Order(seconds=12.0, seed=2, users=50, kinds=("agent_kill", "redis_power_loss"), fault_every_s=3.0)
    found: dict[str, Any] = run_alone(order, jars, print)
    assert found["faults"] == {"agent_kill": 2, "redis_power_loss": 2}
    assert found["events"] == 18_000
    assert found["users_wrong"] > 0
    assert found["events_lost"] + found["events_doubled"] > 0
