"""What an event costs a worker with few and with many users.

Users who are new cost something else than users who are known, so every user gets one event and thus a state first, by
a worker that is stopped again. Then as many events, drawn uniformly over one day, are scored in both cases. What
differs is how many states there are, and that each of the few ends with more events: the sizes stand beside the cost.
"""

from collections.abc import Callable

from benchmarks.speed.deployments import Site, Testbed, a_testbed
from benchmarks.speed.filling import fill
from benchmarks.speed.load import START_MS, drawn, one_each
from benchmarks.speed.processes import peak_rss_mb
from benchmarks.speed.readings import between, known, wait_for

SEED = 5
_DAY_MS = 86_400_000

Say = Callable[[str], None]


def measure(site: Site, app_id: str, count: int, users: int, say: Say) -> dict[str, object]:
    """One number of users."""
    with a_testbed(site, app_id) as made:
        say(f"{users:,} users: giving each a state")
        _know_everybody(made, users)
        say(f"{users:,} users: sending {count:,} events")
        fill(
            made.deployment,
            drawn(count, users, "uniform", SEED, first=users, start_ms=START_MS + _DAY_MS, span_ms=_DAY_MS),
        )
        say(f"{users:,} users: scoring")
        with made.worker() as worker:
            first, last = wait_for(worker, made.pids, 1), wait_for(worker, made.pids, count)
            rss_mb = peak_rss_mb(worker.pid)
        used = between(first, last)
        return {
            "users": users,
            "events": count,
            "worker_cpu_us_per_event": round(used.worker_us, 2),
            "redis_cpu_us_per_event": known(used.redis_us, 2),
            "broker_cpu_us_per_event": known(used.broker_us, 2),
            "events_per_batch": round(used.events_per_batch),
            "worker_rss_mb": round(rss_mb),
            "state_bytes_mean": round(made.mean_state_bytes(), 1),
        }


def _know_everybody(made: Testbed, users: int) -> None:
    fill(made.deployment, one_each(users))
    with made.worker() as worker:
        wait_for(worker, made.pids, users)
