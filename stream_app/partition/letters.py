"""Dead letters with what their headers say, and what is read of them, for every form of the log of decisions."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from schemas.dead_letters import SCHEMA, Rejection, to_headers
from stream_app.core.intake.outcome import DeadLetter


class Source(NamedTuple):
    """Where the rejected records stand, and which version rejects them."""

    topic: str
    partition: int
    app_version: str


Headers = list[tuple[str, bytes]]


def addressed(
    letters: Sequence[DeadLetter], front: int, session: str, source: Source
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


def rejections(letters: Iterable[Rejection], rejected_from: int) -> tuple[dict[int, str], int]:
    """The reasons by offset of what was rejected, and the front: of letters, the newest first, down to one whose front
    lies below what is asked for."""
    rejected: dict[int, str] = {}
    front = -1
    for letter in letters:
        front = max(front, letter.front)
        if letter.front < rejected_from:
            break
        rejected[letter.offset] = letter.reason
    return rejected, front
