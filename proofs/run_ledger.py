"""Long runs are written down, a line each, and summed up over the runs of the same protocol code."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.errors import ContractViolation

LEDGER = Path(__file__).parents[1] / "docs" / "reliability" / "ledger.jsonl"
CHAOS, SCHEDULES = "chaos", "schedules"
EXACT = "exact"
_NAMES_A_RUN = ("seed", "first_seed", "rate", "brokers")
"""Numbers that say which run it was: their sum says nothing."""


def append(path: Path, kind: str, protocol: str, facts: Mapping[str, Any]) -> None:
    """Add a run of the code with this digest."""
    entry = {"kind": kind, "commit": _commit(), "protocol": protocol, **facts}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as ledger:
        ledger.write(json.dumps(entry) + "\n")


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The runs of a ledger. Raises ContractViolation for a line that is none."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            entry: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise ContractViolation(f"line {number} of {path} is no run: {error}; take it out") from error
        yield entry


def sums(path: Path, kind: str, protocol: str) -> dict[str, Any]:
    """The exact runs of one kind and one protocol code, their numbers added up, however deep they stand.

    `runs_not_exact` counts the others: one that did not come to its end proves nothing, and may have found something.
    """
    total: Counter[str] = Counter(runs=0, runs_not_exact=0)
    for entry in entries(path):
        if (entry.get("kind"), entry.get("protocol")) != (kind, protocol):
            continue
        exact = entry.get("outcome", EXACT) == EXACT
        total["runs" if exact else "runs_not_exact"] += 1
        if exact:
            total.update(dict(_numbers(entry)))
    return dict(total)


def _numbers(entry: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in entry.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and name not in _NAMES_A_RUN:
            yield prefix + name, value


def _commit() -> str | None:
    """What is checked out here; None outside a repository."""
    asked = ["git", "rev-parse", "HEAD"]
    try:
        run = subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None
