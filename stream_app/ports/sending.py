"""Sends events: the port, what a record carries beside its value, and what became of a stream of them."""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from msgspec import Struct

from schemas.outgoing import OutgoingEvent
from stream_app.ports.pacing import Pace

HEADERS: Final = [("content-type", b"application/cloudevents+json")]


class SendingCounts(Struct):
    """What became of a stream of events: delivered, left out for want of a user, failed; and the bytes delivered."""

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    bytes: int = 0


class Sender(Protocol):
    """Puts events on one topic and knows exactly what was delivered."""

    counts: SendingCounts
    users: set[bytes]
    stopped: bool

    def send(self, events: Iterable[OutgoingEvent | None], pace: Pace, advance: Callable[[int], None]) -> SendingCounts:
        """Send the events in their order, each when `pace` says that it is due, and wait until all are delivered.

        None stands for a row without a user and is counted as skipped. `advance` is told how many more have gone out.
        When the source raises or `stop` is called, what is queued is still delivered, and `counts` is exact.
        Raises Transient when an event could not be delivered.
        """

    def stop(self) -> None:
        """Let `send` deliver what it has queued, take nothing more from its source, and return."""
