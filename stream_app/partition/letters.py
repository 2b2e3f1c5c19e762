"""Dead letters with what their headers say, and what was read of decisions, for every form of the log of decisions."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.alerts import Alert
from schemas.dead_letters import SCHEMA, Rejection, to_headers
from stream_app.core.engine import Recorded
from stream_app.core.intake.outcome import DeadLetter
from stream_app.partition.effects import Decisions


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


def decisions(alerts: Sequence[Alert], position: int, letters: Sequence[Rejection], rejected_from: int) -> Decisions:
    """What a look back came to: the newest first, down to one whose front lies below what was asked for."""
    recorded = {alert.data.src.offset: alert for alert in alerts if alert.data.front >= position}
    rejected = {one.offset: one.reason for one in letters if one.front >= rejected_from}
    alert_front = max((alert.data.front for alert in alerts), default=-1)
    return Decisions(Recorded(recorded, alert_front), rejected, max((one.front for one in letters), default=-1))
