"""Holds the log against the broker's receipts: whatever was acknowledged must be in it, and nothing else."""

from proofs.chaos.receipts import Receipts
from proofs.chaos.stand import Stand
from stream_app.bootstrap.deployment import topic_log
from stream_app.ports.topic_log import TopicLog


def lost_events(stand: Stand) -> int:
    """How many acknowledged events are not in the log as they were sent; at least 1 for a partition that differs."""
    log = topic_log(stand.direct.kafka, stand.direct.topics.events)
    return sum(_lost(stand, log, partition) for partition in range(log.partitions))


def _lost(stand: Stand, log: TopicLog, partition: int) -> int:
    controls, given, found = set(stand.controls[partition]), stand.load.receipts[partition], Receipts()
    for chunk in log.read(partition):
        for record in chunk:
            if record.offset not in controls:
                found.add(record.offset, record.value)
    return 0 if given.same(found) else max(1, given.count - found.count)
