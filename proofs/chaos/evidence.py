"""What a run has left behind: acknowledged events that are not in the log, and how the workers' sessions ended."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from proofs.chaos.receipts import Receipts
from proofs.chaos.stand import Stand
from stream_app.bootstrap.deployment import topic_log
from stream_app.ports.topic_log import TopicLog


def lost_events(stand: Stand) -> int:
    """How many acknowledged events are not in the log as they were sent; at least 1 for a partition that differs."""
    log = topic_log(stand.direct.kafka, stand.direct.topics.events, stable=True)
    return sum(_lost(stand, log, partition) for partition in range(log.partitions))


def _lost(stand: Stand, log: TopicLog, partition: int) -> int:
    controls, given, found = set(stand.controls[partition]), stand.load.receipts[partition], Receipts()
    for chunk in log.read(partition):
        for record in chunk:
            if record.offset not in controls:
                found.add(record.offset, record.value)
    return 0 if given.same(found) else max(1, given.count - found.count)


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
