"""One run from the first process to the last: set up, let faults happen, let the dust settle, compare."""

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from proofs.chaos.commands import verify
from proofs.chaos.conductor import Conductor
from proofs.chaos.evidence import causes, lost_events
from proofs.chaos.faults.kinds import KINDS
from proofs.chaos.faults.operators import repeat_lost_import
from proofs.chaos.pace import Apart, SideBySide, Spacing
from proofs.chaos.report import ChaosOutcome
from proofs.chaos.schedule import PlannedFault, drawn, in_turn
from proofs.chaos.stand import Stand, StandSetup
from proofs.chaos.timeline import Recorder
from stack.artefacts import kafka_jars

_SETTLED_WITHIN_S = 150.0


@dataclass(frozen=True)
class Trial:
    """What is to be run. `models` and `workload` name the model that scores, `jars` where Kafka's jars are kept.

    `apart`: one fault at a time, the next when everything is level again, all kinds equally often.
    """

    minutes: float
    seed: int
    rate: float
    brokers: int
    models: Path
    workload: str
    jars: Path
    keep: Path | None = None
    apart: bool = False

    @property
    def seconds(self) -> float:
        """How long faults happen."""
        return self.minutes * 60


def run(trial: Trial, say: Callable[[str], None], advance: Callable[[int], None]) -> ChaosOutcome:
    """Run it. `advance` is told how many more events were committed. Ends with all processes, also on Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="churn-chaos-") as temporary:
        setup = StandSetup(trial.keep or Path(temporary), trial.seed, trial.rate, trial.brokers)
        say("starting a Kafka, a Redis and the workers")
        stand = Stand(setup, lambda: kafka_jars(trial.jars, say), trial.models, trial.workload)
        recorder = Recorder(stand)
        conductor = Conductor(stand, _pace(trial, recorder))
        try:
            return _run(trial, stand, recorder, conductor, say, advance)
        finally:
            stand.ended.set()
            conductor.end()
            stand.close()


def _run(
    trial: Trial,
    stand: Stand,
    recorder: Recorder,
    conductor: Conductor[Stand],
    say: Callable[[str], None],
    advance: Callable[[int], None],
) -> ChaosOutcome:
    reported = 0

    def tick() -> None:
        nonlocal reported
        if (committed := recorder.committed()) > reported:
            advance(committed - reported)
            reported = committed

    stand.load.start()
    began = time.monotonic()
    conductor.conduct(_schedule(trial), trial.seconds, tick)
    ended = time.monotonic()
    say("no more faults: waiting until everything is applied")
    settled_in_s = _settle(stand)
    timeline = recorder.finish()
    stand.crew.stop()
    say("folding the log and comparing")
    return ChaosOutcome(
        seconds=ended - began,
        seed=trial.seed,
        rate=trial.rate,
        brokers=trial.brokers,
        apart=trial.apart,
        sent=stand.load.kinds,
        kills={
            "worker_kills": stand.crew.kills,
            "redis_kills": stand.redis.kill_counts.kills,
            "redis_kills_with_loss": stand.redis.kill_counts.with_loss,
            "broker_kills": stand.broker.kills,
        },
        commits=stand.commits,
        causes=causes(place.log for place in stand.crew.places),
        worker_exits=stand.crew.exits,
        happened=conductor.happened,
        missed=conductor.missed,
        kinds=[fault.kind for fault in KINDS],
        timeline=timeline,
        under_faults=timeline.until(ended),
        drained_in_s=settled_in_s,
        lost=lost_events(stand),
        verify=None if settled_in_s is None else verify(stand),
    )


def _pace(trial: Trial, recorder: Recorder) -> Spacing:
    """Level is what is no further behind than the load of a second."""
    return Apart(lambda: recorder.level(trial.rate)) if trial.apart else SideBySide(recorder.committed)


def _schedule(trial: Trial) -> list[PlannedFault[Stand]]:
    if trial.apart:
        return in_turn(KINDS, math.ceil(trial.minutes), trial.seed)
    return drawn(KINDS, trial.seconds, trial.seed)


def _settle(stand: Stand) -> float | None:
    """Seconds until every partition stands at the end of its log; None if one does not get there."""
    stand.load.finish()
    began = time.monotonic()
    repeat_lost_import(stand)
    if stand.wait_for(lambda: stand.redis.positions() == stand.ends or None, _SETTLED_WITHIN_S) is None:
        return None
    return time.monotonic() - began
