"""The dead letters of a deployment, as its dead-letter topic holds them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.dead_letters import Rejection, read_rejection
from schemas.redrives import LetterId
from stream_app.core.log import PlainRecord
from stream_app.ports.topic_log import TopicLog


class Letter(NamedTuple):
    """A dead letter where it stands: the record as it came, with the headers that say why it was rejected."""

    partition: int
    offset: int
    record: PlainRecord
    rejection: Rejection

    @property
    def id(self) -> LetterId:
        """By which operations name it."""
        return LetterId(self.partition, self.offset)


def read_letters(log: TopicLog) -> Iterator[Letter]:
    """The letters of a dead-letter topic, partition by partition. Records of other kinds are passed over."""
    for partition in range(log.partitions):
        for records in log.read(partition):
            for record in records:
                rejection = read_rejection(record.headers)
                if rejection is not None:
                    yield Letter(partition, record.offset, record, rejection)


def barred_offsets(letters: Iterable[Letter]) -> dict[int, set[int]]:
    """The offsets that were set aside as `bug`, by partition of the events: they stay out of every replay."""
    barred: dict[int, set[int]] = defaultdict(set)
    for letter in letters:
        if letter.rejection.reason == "bug":
            barred[letter.rejection.partition].add(letter.rejection.offset)
    return barred
