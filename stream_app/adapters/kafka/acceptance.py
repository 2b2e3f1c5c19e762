"""What a topic was found not to take, so that nothing waits for ever behind it: known while the process runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiokafka.errors import InvalidTimestampError, MessageSizeTooLargeError

from schemas.errors import ChurnError, Transient
from stream_app.partition.letters import HEAD, LARGEST_WHOLE

UNDATED = -1
"""In place of a timestamp: taken by every broker, whatever its clock says."""


@dataclass
class Acceptance:
    """How a topic's records are written: dated by this machine, and whole up to a size."""

    dated: bool = True
    largest: int = LARGEST_WHOLE

    def timestamp(self, timestamp: int) -> int:
        """With which a record is written in place of this one, in ms."""
        return timestamp if self.dated else UNDATED

    @contextmanager
    def learning(self, topic: str) -> Iterator[None]:
        """Raises Transient when the topic refused a time or a size that it will not be shown again."""
        try:
            yield
        except ChurnError as refusal:
            cause = refusal.__cause__
            if isinstance(cause, InvalidTimestampError) and self.dated:
                self.dated = False
                raise Transient(
                    f"{topic} takes no record of this machine's present time: see its clock and the broker's; records "
                    "are written without a time from now on"
                ) from refusal
            if isinstance(cause, MessageSizeTooLargeError) and self.largest > HEAD:
                self.largest = HEAD
                raise Transient(
                    f"{topic} takes no record as large as it should: see its max.message.bytes; of larger ones the "
                    "beginning is kept from now on"
                ) from refusal
            raise


_known: dict[str, Acceptance] = {}


def acceptance_of(topic: str) -> Acceptance:
    """What was learnt of a topic, by whichever session of this process."""
    return _known.setdefault(topic, Acceptance())
