"""Long runs are written down, a line each, and summed up over runs of the same protocol code."""

import json
import subprocess
from pathlib import Path

from benchmarks.chaos.report import Outcome
from benchmarks.protocol_digest import protocol_digest


def append(path: Path, outcome: Outcome, minutes: float) -> None:
    """Add a run."""
    entry = {
        "kind": "chaos",
        "commit": _commit(),
        "protocol": protocol_digest(),
        "seed": outcome.seed,
        "minutes": minutes,
        "events": sum(outcome.sent.values()),
        "faults": {kind: fault["count"] for kind, fault in outcome.faults().items()},
        **outcome.kills,
        "commits_refused": outcome.commits["refused"],
        "fenced": outcome.fenced,
        "verify": outcome.verify,
        "outcome": outcome.outcome(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as ledger:
        ledger.write(json.dumps(entry) + "\n")


def _commit() -> str | None:
    """What is checked out here; None outside a repository."""
    asked = ["git", "rev-parse", "HEAD"]
    try:
        run = subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None
