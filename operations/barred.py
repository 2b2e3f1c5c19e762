"""Which offsets the workers set aside as `bug`: they stay out of every replay, also once the defect is mended."""

from collections import defaultdict

from schemas.dead_letters import read_rejection
from training.topic_log import TopicLog, topic_exists


def barred_offsets(log: TopicLog) -> dict[int, set[int]]:
    """By partition, the offsets that stand in the dead letters with the reason `bug`; none for one without any."""
    barred: dict[int, set[int]] = defaultdict(set)
    for partition in range(log.partitions):
        for chunk in log.read(partition):
            for rejection in (read_rejection(record.headers) for record in chunk):
                if rejection is not None and rejection.reason == "bug":
                    barred[partition].add(rejection.offset)
    return barred


def barred_in_topic(bootstrap: str, topic: str, *, whole: bool = True) -> dict[int, set[int]]:
    """The same of a topic, which need not exist. Raises as TopicLog does."""
    if not topic_exists(bootstrap, topic):
        return defaultdict(set)
    return barred_offsets(TopicLog(bootstrap, topic, whole=whole))
