"""What a run came to, as one object, and the sentences that say what is wrong with it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from proofs.chaos.conductor import Happened
from proofs.chaos.timeline import Timeline

FENCES_FROM_S = 80.0
"""A run of this length must have seen both fences at work, and every kind of fault."""
ZERO = (
    "state_mismatches",
    "meta_mismatches",
    "alerts_missing",
    "alerts_duplicate",
    "alerts_phantom",
    "dead_letters_unaccounted",
)
"""Figures of a verification of which each must be 0."""

RunFacts = dict[str, object]


@dataclass(frozen=True)
class ChaosOutcome:
    """All that was counted in a run. `verify` is None when the partitions did not come to the end of their logs."""

    seconds: float
    seed: int
    rate: float
    brokers: int
    apart: bool
    sent: Mapping[str, int]
    kills: Mapping[str, int]
    commits: Counter[str]
    causes: Counter[str]
    worker_exits: int
    happened: Sequence[Happened]
    missed: Counter[str]
    kinds: Sequence[str]
    timeline: Timeline
    under_faults: Timeline
    drained_in_s: float | None
    lost: int
    verify: Mapping[str, object] | None

    @property
    def fenced(self) -> int:
        """Transactions that were refused because another session publishes under their id."""
        return self.causes["publisher_fenced"]

    def faults(self) -> dict[str, RunFacts]:
        """By kind how many came about, after what time everything moved again, and how far throughput fell until then.

        Faults that happen side by side lengthen each other's recovery: only those of a run apart have their own.
        """
        return {kind: self._kind(kind) for kind in self.kinds}

    def throughput(self) -> RunFacts:
        """Events sent a second beside those newly committed while faults happened, and how often nothing was."""
        rates = self.under_faults.rates()
        return {
            "sent_per_s": round(self.rate),
            "committed_per_s": round(float(rates.mean())),
            "standstill_share": round(float((rates == 0).mean()), 3),
            "longest_standstill_s": round(self.under_faults.longest_standstill_s(), 1),
        }

    def facts(self) -> RunFacts:
        """The object that `--json` prints."""
        return {
            "seconds": round(self.seconds),
            "seed": self.seed,
            "brokers": self.brokers,
            "apart": self.apart,
            "sent": {"events": sum(self.sent.values()), "lost": self.lost, **self.sent},
            "faults": self.faults(),
            **self.kills,
            "worker_exits": self.worker_exits,
            "commits_applied": self.commits["applied"],
            "commits_refused": self.commits["refused"],
            "fenced": self.fenced,
            "sessions_ended": dict(self.causes),
            "throughput": self.throughput(),
            "drained_in_s": None if self.drained_in_s is None else round(self.drained_in_s, 1),
            "verify": self.verify,
            "outcome": self.outcome(),
            "failures": list(self.failures()),
        }

    def run(self, minutes: float) -> RunFacts:
        """What the ledger keeps of a run whose faults were to last so long."""
        return {
            "seed": self.seed,
            "minutes": minutes,
            "rate": self.rate,
            "brokers": self.brokers,
            "apart": self.apart,
            "events": sum(self.sent.values()),
            "faults": {kind: fault["count"] for kind, fault in self.faults().items()},
            **self.kills,
            "commits_refused": self.commits["refused"],
            "fenced": self.fenced,
            "verify": self.verify,
            "outcome": self.outcome(),
        }

    def outcome(self) -> str:
        """`exact`, or in one word what is wrong."""
        if self.verify is None:
            return "not_recovered"
        if self.lost or any(self.verify[figure] for figure in ZERO):
            return "wrong"
        return "blunt" if any(self._bluntness()) else "exact"

    def failures(self) -> Iterable[str]:
        """What is wrong, each as a sentence."""
        if self.verify is None:
            yield "not every partition came to the end of its log once the faults were over: see the workers' logs"
        else:
            wrong = {figure: self.verify[figure] for figure in ZERO if self.verify[figure]}
            if wrong:
                yield f"Redis or the topics are not what the log says ({wrong}): see the first differences"
        if self.lost:
            yield f"{self.lost} events that the broker had acknowledged are not in its log as they were sent"
        yield from self._bluntness()

    def _bluntness(self) -> Iterable[str]:
        """Why a run without a difference would prove little."""
        if self.seconds < FENCES_FROM_S:
            return
        if not self.commits["refused"]:
            yield "no commit was refused: the fence of Redis was never tried, run longer or with another seed"
        if not self.fenced:
            yield "no transaction was fenced: the fence of Kafka was never tried, run longer or with another seed"
        found = {one.kind for one in self.happened}
        if never := [kind for kind in self.kinds if kind not in found]:
            yield f"{', '.join(never)} did not come about: run longer or with another seed"

    def _kind(self, kind: str) -> RunFacts:
        found = [one for one in self.happened if one.kind == kind]
        times_s = [self.timeline.recovered_after_s(one.back) for one in found]
        known = [time_s for time_s in times_s if time_s is not None]
        dips = [self._dip(one, time_s) for one, time_s in zip(found, times_s, strict=True) if time_s is not None]
        return {
            "count": len(found),
            "missed": self.missed[kind],
            "recovery_s_p50": _percentile(known, 50),
            "recovery_s_p99": _percentile(known, 99),
            "dip_p50": _percentile([dip for dip in dips if dip is not None], 50),
        }

    def _dip(self, one: Happened, recovered_after_s: float) -> float | None:
        """By what share of what was sent the slowest second fell short; None if it was not seen."""
        slowest = self.timeline.slowest_per_s(one.began, one.back + recovered_after_s)
        return None if slowest is None else max(0.0, 1 - slowest / self.rate)


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 2) if values else None
