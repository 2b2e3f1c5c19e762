"""How many events a worker scores per second of processor time, beside stock Faust that only counts, on the same topic.

The topic is filled first; the worker then reads it as fast as it can. What it takes to start is left out: figures begin
with the first commit.
"""

from collections.abc import Callable

from benchmarks.peers.catalogue import STOCK_FAUST
from benchmarks.peers.running import hindrance, run
from benchmarks.speed.blend import Blend, blended
from benchmarks.speed.deployments import Site, Testbed, a_testbed
from benchmarks.speed.filling import fill
from benchmarks.speed.load import Mix, drawn
from benchmarks.speed.processes import peak_rss_mb
from benchmarks.speed.readings import Used, between, known, wait_for
from benchmarks.speed.stages import stages_us

SEED = 3

Say = Callable[[str], None]


def measure(site: Site, app_id: str, mix: Mix, blend: Blend, count: int, users: int, say: Say) -> dict[str, object]:
    """One mix: fill a topic, let a worker read it, then stock Faust its beginning, then take everything away."""
    with a_testbed(site, app_id) as made:
        say(f"{mix}: sending {count:,} events of {users:,} users")
        fill(made.deployment, blended(drawn(count, users, mix, SEED), blend))
        say(f"{mix}: scoring")
        used, figures = _scored(made, count)
        say(f"{mix}: taking the stages' time")
        figures["stages_us"] = stages_us(made, round(used.events_per_batch), used.worker_us)
        say(f"{mix}: {STOCK_FAUST.title} {STOCK_FAUST.work}")
        stock = _stock_faust(made, count, say)
        figures["stock_faust_events_per_cpu_second"] = stock and round(stock)
        figures["ratio"] = stock and round(used.events_per_cpu_second / stock, 1)
    return figures


def scored_per_cpu_second(made: Testbed, count: int) -> float:
    """Only the one figure: of a topic that has been filled with so many events."""
    return _scored(made, count)[0].events_per_cpu_second


def _scored(made: Testbed, count: int) -> tuple[Used, dict[str, object]]:
    with made.worker() as worker:
        first = wait_for(worker, made.pids, 1)
        last = wait_for(worker, made.pids, count)
        counts, rss_mb = worker.probe()["counts"], peak_rss_mb(worker.pid)
    used = between(first, last)
    return used, {
        "events": count,
        "scored": counts["scored"],
        "scored_events_per_cpu_second": round(used.events_per_cpu_second),
        "scored_events_per_second": round(used.events_per_second),
        "redis_cpu_us_per_event": known(used.redis_us, 2),
        "broker_cpu_us_per_event": known(used.broker_us, 2),
        "worker_rss_mb": round(rss_mb),
        "state_bytes_mean": round(made.mean_state_bytes(), 1),
        "events_per_batch": round(used.events_per_batch),
        "alerts": counts["alerts"],
    }


def _stock_faust(made: Testbed, count: int, say: Say) -> float | None:
    hindered = hindrance(STOCK_FAUST, made.deployment)
    if hindered is not None:
        say(f"its figure is left empty: {hindered}")
        return None
    return run(STOCK_FAUST, made.deployment, made.model, count).cold
