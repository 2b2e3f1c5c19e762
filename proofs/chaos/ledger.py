"""A run of the rig as a line of the ledger."""

from pathlib import Path

from proofs import run_ledger
from proofs.chaos.report import ChaosOutcome
from proofs.protocol_digest import protocol_digest


def append(path: Path, outcome: ChaosOutcome, minutes: float) -> None:
    """Add a run."""
    facts = {
        "seed": outcome.seed,
        "minutes": minutes,
        "rate": outcome.rate,
        "brokers": outcome.brokers,
        "apart": outcome.apart,
        "events": sum(outcome.sent.values()),
        "faults": {kind: fault["count"] for kind, fault in outcome.faults().items()},
        **outcome.kills,
        "commits_refused": outcome.commits["refused"],
        "fenced": outcome.fenced,
        "verify": outcome.verify,
        "outcome": outcome.outcome(),
    }
    run_ledger.append(path, run_ledger.CHAOS, protocol_digest(), facts)
