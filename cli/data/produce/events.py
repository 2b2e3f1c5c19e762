"""`churn produce events`: sends an event file."""

from collections.abc import Iterator
from pathlib import Path

from cli.data.produce.sending import File, FromLine, Speed, send_file
from cli.options import AsJson
from producers.event_files import read_events
from producers.openings import name_of
from schemas.errors import ContractViolation
from schemas.events import USER_EVENTS
from schemas.outgoing import OutgoingEvent


def events(file: File, speed: Speed = None, from_line: FromLine = 1, as_json: AsJson = False) -> None:
    """Send an event file, one CloudEvent a line: your own data (docs/own-data.md).

    A file is checked to its end first, and nothing of one with a line that is no event is sent; a stream is sent up to
    that line. What is not in the order of time is sorted.

    Example: churn produce events my_customers.jsonl.gz --speed 3600
    """
    send_file(file, _user_events, speed, from_line, as_json=as_json)


def _user_events(file: Path) -> Iterator[OutgoingEvent]:
    for line in read_events(file):
        if not isinstance(line.record, USER_EVENTS) or line.record.subject is None:
            raise ContractViolation(
                f"{name_of(file)}:{line.number}: control and clock records are addressed to a partition and cannot be "
                "sent from a file: take the line out, and change models with `churn models promote`"
            )
        yield OutgoingEvent(line.record.subject.encode(), line.raw, line.time_ms)
