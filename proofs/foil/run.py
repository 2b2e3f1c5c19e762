"""One run of the foil: the rig's load and faults of processes, quiet, and then what is lost and what is doubled."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from proofs.chaos.conductor import Conductor
from proofs.chaos.faults.fault import Fault
from proofs.chaos.faults.kinds import PROCESS_KINDS
from proofs.chaos.ground import Ground
from proofs.chaos.pace import SideBySide
from proofs.chaos.schedule import drawn
from proofs.foil.lag import Lag, lag_of
from proofs.foil.losses import found
from proofs.foil.stand import FoilSetup, FoilStand
from schemas.errors import Transient
from stack.artefacts import kafka_jars

_LOOK_EVERY_S = 0.2
_STUCK_AFTER_S = 30.0
"""Longer than a session time-out: whoever has not moved by then never will."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class FoilTrial:
    """What is to be run; no kinds, no faults. `crashing`: an agent that fails ends its process.

    `jars` is where Kafka's jars are kept.
    """

    seconds: float
    seed: int
    jars: Path
    rate: float = 2_500.0
    kinds: Sequence[Fault[Ground]] = PROCESS_KINDS
    crashing: bool = False


def run(trial: FoilTrial, say: Say) -> dict[str, object]:
    """Run it on services of its own; ends with all of its processes, also on Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="churn-foil-") as temporary:
        say("starting a Kafka, a Redis and the agents")
        setup = FoilSetup(Path(temporary), trial.seed, trial.rate, trial.crashing)
        stand = FoilStand(setup, lambda: kafka_jars(trial.jars, say))
        conductor = Conductor[Ground](stand, SideBySide(lambda: sum(stand.redis.positions() or [])))
        try:
            return _run(trial, stand, conductor, say)
        finally:
            stand.ended.set()
            conductor.end()
            stand.close()


def settled(stand: FoilStand, lag: Lag) -> int:
    """Wait until the group has acknowledged all, or stands still; how many records it never will.

    Raises Transient when Kafka has not told.
    """
    best, moved_at = lag.records(), time.monotonic()
    while best != 0 and time.monotonic() - moved_at < _STUCK_AFTER_S:
        stand.rest(_LOOK_EVERY_S)
        now = lag.records()
        if now is not None and (best is None or now < best):
            best, moved_at = now, time.monotonic()
    if best is None:
        raise Transient("Kafka does not say where the agents' group is: see that it runs")
    return best


def _run(trial: FoilTrial, stand: FoilStand, conductor: Conductor[Ground], say: Say) -> dict[str, object]:
    foil = stand.wiring.deployment
    with lag_of(stand.broker.direct, foil.app_id, foil.topics.events) as lag:
        stand.load.start()
        conductor.conduct(drawn(trial.kinds, trial.seconds, trial.seed), trial.seconds, lambda: None)
        say("no more faults: waiting until everything is acknowledged")
        stand.load.finish()
        left = settled(stand, lag)
    stand.crew.stop()
    happened = Counter(one.kind for one in conductor.happened)
    return {
        "seconds": trial.seconds,
        "seed": trial.seed,
        "faults": {fault.kind: happened[fault.kind] for fault in trial.kinds},
        "agent_kills": stand.crew.kills,
        "agent_exits": stand.crew.exits,
        "never_acknowledged": left,
        **found(stand).facts(),
    }
