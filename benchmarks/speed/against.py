"""Two checkouts in turns on one topic: how many events each scores per second of its worker's processor time.

The topic is filled once. In every round each side reads it from the beginning, under an app id of its own, into empty
states and empty alerts topics, and is gone again before the other starts; which side begins alternates. The ratio of a
round is the new side's figure over the old side's: what both have in common, the machine and its hour, cancels out.
The control records name the newest model of the old checkout, so both sides score with the same bytes.
"""

import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.speed.blend import Blend, blended
from benchmarks.speed.deployments import Site, Testbed, a_testbed
from benchmarks.speed.filling import fill
from benchmarks.speed.load import Mix, drawn
from benchmarks.speed.processes import peak_rss_mb
from benchmarks.speed.readings import between, wait_for
from schemas.errors import ContractViolation, Transient
from stack.checkout import HERE, Checkout, checkout_at
from stack.worker_process import WorkerProcess
from stream_app.bootstrap.deployment import empty_topics, forget
from stream_app.bootstrap.engine import control_for, newest_model
from stream_app.deployment import Deployment

SEED: Final = 3
WORKLOAD: Final = "music"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Side:
    """A checkout under the name that it has in what is printed."""

    name: str
    checkout: Checkout

    @contextmanager
    def worker(self, deployment: Deployment) -> Iterator[WorkerProcess]:
        """A worker of this code, stopped at the end."""
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "worker.log"
            worker = WorkerProcess(deployment.environment, log, checkout=self.checkout)
            try:
                yield worker
            finally:
                worker.stop()


@dataclass(frozen=True)
class Run:
    """What one side's worker did with the topic."""

    events_per_cpu_second: float
    events_per_batch: float
    rss_mb: float
    scored: int
    alerts: int


@dataclass(frozen=True)
class Round:
    """A run of either side, and which began."""

    first: str
    old: Run
    new: Run

    @property
    def ratio(self) -> float:
        """Above 1 where the new side scores more per second of processor time."""
        return self.new.events_per_cpu_second / self.old.events_per_cpu_second


@dataclass(frozen=True)
class Bench:
    """Both sides, and the load that is put on each."""

    old: Side
    new: Side
    mix: Mix
    blend: Blend
    events: int
    users: int
    say: Say

    def measure(self, site: Site, app_id: str, rounds: int) -> dict[str, Any]:
        """The sides in turns, behind a run of each that counts for nothing: brokers and kernels have to be compiled.

        Raises ContractViolation when a worker stops, or when the sides do not score the same number of events;
        Transient when a worker stands still.
        """
        manifest = newest_model(self.old.checkout.models, WORKLOAD)
        with a_testbed(site, app_id, control_for(manifest, time.time_ns() // 1_000_000)) as made:
            self.say(f"{self.mix}: sending {self.events:,} events of {self.users:,} users")
            load = blended(drawn(self.events, self.users, self.mix, SEED), self.blend)
            fill(made.deployment, load)
            self.say(f"{self.mix}: warming up")
            for side in (self.old, self.new):
                self._run(side, made, f"{app_id}-warm-{side.name}")
            found = [self._round(made, f"{app_id}-{turn}", turn) for turn in range(rounds)]
        return {
            "events": self.events,
            "users": self.users,
            "chats_percent": self.blend.chats,
            "measures_percent": self.blend.measures,
            "model": f"{manifest.name}/{manifest.version}",
            **{f"{side.name}_commit": side.checkout.commit for side in (self.old, self.new)},
            **compared(found),
        }

    def _round(self, made: Testbed, app_id: str, turn: int) -> Round:
        order = (self.old, self.new) if turn % 2 == 0 else (self.new, self.old)
        runs: dict[str, Run] = {}
        for side in order:
            self.say(f"{self.mix}: {side.name}, round {turn + 1}")
            runs[side.name] = self._run(side, made, f"{app_id}-{side.name}")
        return Round(order[0].name, runs[self.old.name], runs[self.new.name])

    def _run(self, side: Side, made: Testbed, app_id: str) -> Run:
        """One side over the whole topic; its states, alerts and letters are taken away again."""
        own = dataclasses.replace(made.deployment, app_id=app_id)
        try:
            with side.worker(own) as worker:
                return _measured(worker, made, self.events)
        except Transient as error:
            raise Transient(f"the {side.name} side, {side.checkout.directory}: {error}", error.cause) from error
        except ContractViolation as error:
            raise ContractViolation(f"the {side.name} side, {side.checkout.directory}: {error}", error.state) from error
        finally:
            forget(own)
            empty_topics(own.kafka, [own.topics.alerts, own.topics.letters])


def against(checkout: Path, mix: Mix, blend: Blend, events: int, users: int, say: Say) -> Bench:
    """This checkout as the new side against another. Raises ContractViolation where there is none."""
    return Bench(Side("old", checkout_at(checkout)), Side("new", HERE), mix, blend, events, users, say)


def compared(rounds: Sequence[Round]) -> dict[str, Any]:
    """Every round, median and range of their ratios. Raises ContractViolation when the work was not the same."""
    scored = {run.scored for each in rounds for run in (each.old, each.new)}
    if len(scored) != 1:
        raise ContractViolation(
            f"the runs scored different numbers of events, {min(scored):,} to {max(scored):,}, so they did not do the "
            "same work: compare what either side rejects"
        )
    ratios = [each.ratio for each in rounds]
    return {
        "rounds": [_shown(each) for each in rounds],
        "ratio_median": round(median(ratios), 3),
        "ratio_least": round(min(ratios), 3),
        "ratio_most": round(max(ratios), 3),
        "old": _summary([each.old for each in rounds]),
        "new": _summary([each.new for each in rounds]),
    }


def _shown(one: Round) -> dict[str, object]:
    return {
        "first": one.first,
        "old": round(one.old.events_per_cpu_second),
        "new": round(one.new.events_per_cpu_second),
        "ratio": round(one.ratio, 3),
    }


def _summary(runs: Sequence[Run]) -> dict[str, int]:
    """Medians, but of the memory the most."""
    return {
        "scored_events_per_cpu_second": round(median(run.events_per_cpu_second for run in runs)),
        "worker_rss_mb": round(max(run.rss_mb for run in runs)),
        "events_per_batch": round(median(run.events_per_batch for run in runs)),
        "scored": runs[0].scored,
        "alerts": runs[0].alerts,
    }


def _measured(worker: WorkerProcess, made: Testbed, events: int) -> Run:
    first, last = wait_for(worker, made.pids, 1), wait_for(worker, made.pids, events)
    used, counts = between(first, last), worker.probe()["counts"]
    return Run(
        events_per_cpu_second=used.events_per_cpu_second,
        events_per_batch=used.events_per_batch,
        rss_mb=peak_rss_mb(worker.pid),
        scored=counts["scored"],
        alerts=counts["alerts"],
    )
