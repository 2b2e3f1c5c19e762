"""Dead letters with what their headers say, and what is read of them, for every form of the log of decisions."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.dead_letters import SCHEMA, Rejection, to_headers
from stream_app.core.intake.outcome import DeadLetter


class LetterOrigin(NamedTuple):
    """Where the rejected records stand, and which version rejects them."""

    topic: str
    partition: int
    app_version: str


Headers = list[tuple[str, bytes]]


def addressed(
    letters: Sequence[DeadLetter], front: int, session: str, source: LetterOrigin
) -> Iterator[tuple[DeadLetter, Headers]]:
    """Each letter with the record's own headers and then why it was rejected. `front` is the highest offset before."""
    for letter in letters:
        record = letter.record
        front = max(front, record.offset)
        rejection = Rejection(
            topic=source.topic,
            partition=source.partition,
            offset=record.offset,
            timestamp=record.timestamp,
            reason=letter.reason,
            error=letter.error,
            message=letter.message,
            app_version=source.app_version,
            schema=SCHEMA,
            session=session,
            front=front,
        )
        yield letter, [*record.headers, *to_headers(rejection)]


class Rejections:
    """What was rejected at or after an offset, gathered from letters, the newest first: `reasons` by offset, and the
    highest offset ever rejected, -1 for none."""

    def __init__(self, begin: int) -> None:
        self.reasons: dict[int, str] = {}
        self.front = -1
        self._begin = begin
        self._said: dict[str, str] = {}

    def add(self, letter: Rejection) -> bool:
        """Take note of a letter; whether an older one can still count."""
        self.front = max(self.front, letter.front)
        counts = letter.front >= self._begin
        if counts:
            self.reasons[letter.offset] = self._said.setdefault(letter.reason, letter.reason)
        return counts
