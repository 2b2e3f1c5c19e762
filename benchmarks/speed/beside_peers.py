"""The worker beside other stream processors on one topic: what each does per event, and how many it does.

Figures are events per second of the process's own processor time: cold over the whole run, from the first event on, so
without what it takes to start; warm over its second half. The peers do less: see what is said beside each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.peers.catalogue import Peer
from benchmarks.peers.running import hindrance, run
from benchmarks.speed.deployments import Site, Testbed, a_testbed
from benchmarks.speed.filling import fill
from benchmarks.speed.load import Mix, drawn
from benchmarks.speed.readings import between, wait_for
from schemas.errors import Transient

SEED: Final = 3

Say = Callable[[str], None]


@dataclass(frozen=True)
class PeerRow:
    """One of them; without figures where it could not be run, and then `why`."""

    name: str
    title: str
    work: str
    does: str
    events: int
    cold: int | None = None
    warm: int | None = None
    alerts: int | None = None
    why: str | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """As the report has it."""
        return {
            "name": self.name,
            "title": self.title,
            "work": self.work,
            "does": self.does,
            "events": self.events,
            "events_per_cpu_second_cold": self.cold,
            "events_per_cpu_second_warm": self.warm,
            "alerts": self.alerts,
            "why_not": self.why,
        }


def measure(
    site: Site, app_id: str, mix: Mix, count: int, users: int, peers: Sequence[Peer], say: Say
) -> list[dict[str, Any]]:
    """One mix: fill a topic, let the worker read it, then each peer its beginning, then take everything away."""
    with a_testbed(site, app_id) as made:
        say(f"{mix}: sending {count:,} events of {users:,} users")
        fill(made.deployment, drawn(count, users, mix, SEED))
        say(f"{mix}: the worker scores")
        rows = [_worker(made, count), *(_peer(peer, made, count, f"{mix}: ", say) for peer in peers)]
    return [row.shown for row in rows]


def _worker(made: Testbed, count: int) -> PeerRow:
    with made.worker() as worker:
        first, half, last = (wait_for(worker, made.pids, wanted) for wanted in (1, count // 2, count))
        alerts = worker.probe()["counts"]["alerts"]
    return PeerRow(
        "churn",
        "this project",
        "scores each event",
        "44 features over windows, every event checked and scored, alerts explained; state in Redis, exactly-once",
        count,
        round(between(first, last).events_per_cpu_second),
        round(between(half, last).events_per_cpu_second) if half.applied < last.applied else None,
        alerts,
    )


def _peer(peer: Peer, made: Testbed, count: int, before: str, say: Say) -> PeerRow:
    about = (peer.name, peer.title, peer.work, peer.does, min(peer.events, count))
    missing = hindrance(peer, made.deployment)
    if missing is not None:
        say(f"{before}{peer.title} is left out: {missing}")
        return PeerRow(*about, why=missing)
    say(f"{before}{peer.title} {peer.work}")
    try:
        took = run(peer, made.deployment, made.model, count)
    except Transient as error:
        say(f"{before}{error}")
        return PeerRow(*about, why=str(error))
    return PeerRow(
        *about,
        cold=round(took.cold),
        warm=None if took.warm is None else round(took.warm),
        alerts=None if peer.work == "counts" else took.alerts,
    )
