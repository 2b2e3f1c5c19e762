"""What the workers have said about how their sessions ended, counted from their logs."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

FENCED = "publisher_fenced"


def causes(logs: Iterable[Path]) -> Counter[str]:
    """How many sessions ended from each cause. A line that a kill has torn is no line."""
    found: Counter[str] = Counter()
    for log in logs:
        with log.open(errors="replace") as lines:
            found.update(cause for line in lines if "session_ended" in line and (cause := _cause(line)))
    return found


def _cause(line: str) -> str | None:
    try:
        said = json.loads(line)
    except json.JSONDecodeError:
        return None
    return str(said["cause"]) if said.get("event") == "session_ended" else None
