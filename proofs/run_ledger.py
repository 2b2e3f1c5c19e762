"""Long runs are written down, a line each, and summed up over the runs of the same protocol code."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from schemas.errors import ContractViolation
from stack.checkout import HERE

LEDGER = Path(__file__).parents[1] / "docs" / "reliability" / "ledger.jsonl"
CHAOS, SCHEDULES = "chaos", "schedules"
EXACT = "exact"
_NAMES_A_RUN = ("seed", "first_seed", "rate", "brokers")
"""Numbers that say which run it was: their sum says nothing."""


class Code(NamedTuple):
    """What runs are summed up by: their kind, the digest of the protocol code, the commit."""

    kind: str
    protocol: str
    commit: str


def append(path: Path, kind: str, protocol: str, facts: Mapping[str, Any]) -> None:
    """Add a run of the code with this digest."""
    entry = {"kind": kind, "commit": HERE.commit, "protocol": protocol, **facts}
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
    return _summed(entry for entry in entries(path) if (entry.get("kind"), entry.get("protocol")) == (kind, protocol))


def sums_by_code(path: Path) -> dict[Code, dict[str, Any]]:
    """The same for all code that the ledger names, in its order."""
    runs: dict[Code, list[dict[str, Any]]] = {}
    for entry in entries(path):
        code = Code(*(str(entry.get(name)) for name in Code._fields))
        runs.setdefault(code, []).append(entry)
    return {code: _summed(of_it) for code, of_it in runs.items()}


def _summed(runs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    total: Counter[str] = Counter(runs=0, runs_not_exact=0)
    for entry in runs:
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
