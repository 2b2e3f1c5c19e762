"""`churn produce events`: sends an event file."""

from collections.abc import Iterator
from pathlib import Path

from cli.data.produce.sending import File, Speed, send
from cli.options import AsJson
from producers.event_files import read_events
from schemas.errors import ContractViolation
from schemas.events import USER_EVENTS
from schemas.outgoing import OutgoingEvent


def events(file: File, speed: Speed = None, as_json: AsJson = False) -> None:
    """Send an event file, one CloudEvent a line: your own data. The first line that is no event stops it.

    Example: churn produce events my_customers.jsonl.gz --speed 3600
    """
    send(file.name, _user_events(file), speed, as_json=as_json)


def _user_events(file: Path) -> Iterator[OutgoingEvent]:
    for line in read_events(file):
        if not isinstance(line.record, USER_EVENTS) or line.record.subject is None:
            raise ContractViolation(
                f"{file}:{line.number}: control and clock records are addressed to a partition and cannot be sent from "
                "a file: take the line out, and change models with `churn models promote`"
            )
        yield OutgoingEvent(line.record.subject.encode(), line.raw, line.time_ms)
