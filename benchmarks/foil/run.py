"""One run of the foil: a steady load, faults by a seed, quiet, and then what is lost and what is doubled."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.deployments import Deployment
from benchmarks.foil.faults import FAULTS, Victims, schedule
from benchmarks.foil.lag import Lag, lag_of
from benchmarks.foil.losses import found
from benchmarks.foil.process import Agents, Wiring
from benchmarks.open_loop import Loader, Plan
from schemas.errors import Transient
from stack.redis_server import RedisServer

_LOOK_EVERY_S = 0.2
_STUCK_AFTER_S = 30.0
"""Longer than a session time-out: whoever has not moved by then never will."""
_NEW_EVERY = 100

Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is to be run; no kinds, no faults. `crashing`: an agent that fails ends its process."""

    seconds: float
    seed: int
    rate: float = 1_500.0
    users: int = 200
    agents: int = 2
    kinds: Sequence[str] = tuple(FAULTS)
    fault_every_s: float = 6.0
    crashing: bool = False


def run(order: Order, made: Deployment, redis: RedisServer, directory: Path, say: Say) -> dict[str, object]:
    """Run it on topics of its own and a Redis that may be killed; ends with all of its processes."""
    wiring = Wiring(
        app_id=made.settings.app_id,
        bootstrap=made.bootstrap,
        redis_url=made.redis_url,
        events_topic=made.events_topic,
        alerts_topic=made.alerts_topic,
        crashing=order.crashing,
    )
    agents = Agents(wiring, order.agents, directory)
    loader = Loader(_plan(order, made))
    try:
        with lag_of(wiring.bootstrap, wiring.app_id, wiring.events_topic) as lag:
            say("waiting until the agents read")
            if settled(agents, lag):
                raise Transient(f"the agents did not begin to read: look at their logs in {directory}")
            happened = _under_load(order, wiring, agents, redis, loader, say)
            say("no more faults: waiting until everything is acknowledged")
            left = settled(agents, lag)
        agents.stop()
    finally:
        loader.stop()
        agents.kill()
    return {
        "seconds": order.seconds,
        "seed": order.seed,
        "faults": happened,
        "agent_exits": agents.exits,
        "never_acknowledged": left,
        **found(wiring).facts(),
    }


def settled(agents: Agents, lag: Lag) -> int:
    """Wait until the group has acknowledged all, or stands still; how many records it never will.

    Raises Transient when Kafka has not told.
    """
    best, moved_at = lag.records(), time.monotonic()
    while best != 0 and time.monotonic() - moved_at < _STUCK_AFTER_S:
        agents.replace_ended()
        time.sleep(_LOOK_EVERY_S)
        now = lag.records()
        if now is not None and (best is None or now < best):
            best, moved_at = now, time.monotonic()
    if best is None:
        raise Transient("Kafka does not say where the agents' group is: see that it runs")
    return best


def _under_load(
    order: Order, wiring: Wiring, agents: Agents, redis: RedisServer, loader: Loader, say: Say
) -> dict[str, int]:
    draw = random.Random(order.seed)
    began = time.monotonic() + max(0.0, loader.start() / 1000 - time.time())
    happened: Counter[str] = Counter()

    def rest(seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            agents.replace_ended()
            time.sleep(_LOOK_EVERY_S)

    victims = Victims(agents, redis, wiring.session_timeout_s, rest)
    for at_s, kind in schedule(order.kinds, order.seconds, order.fault_every_s, draw):
        rest(began + at_s - time.monotonic())
        say(f"{time.monotonic() - began:5.1f} s  {kind}")
        FAULTS[kind](victims, draw)
        happened[kind] += 1
    rest(began + order.seconds - time.monotonic())
    loader.report()
    return {kind: happened[kind] for kind in order.kinds}


def _plan(order: Order, made: Deployment) -> Plan:
    return Plan(
        bootstrap=made.bootstrap,
        topic=made.events_topic,
        rate=order.rate,
        seconds=order.seconds,
        known_users=order.users,
        new_every=_NEW_EVERY,
        first=0,
        first_new=order.users,
        seed=order.seed,
    )
