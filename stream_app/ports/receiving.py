"""Follows the alerts: the port, and an alert as it came."""

from typing import NamedTuple, Protocol

from schemas.alerts import Alert


class Received(NamedTuple):
    """An alert, where it stands in its topic, and when it came (ms)."""

    partition: int
    offset: int
    alert: Alert
    received_ms: int


class Subscriber(Protocol):
    """Committed alerts of one topic, from its beginning or from now on."""

    def poll(self, within_s: float) -> list[Received]:
        """What came in, as soon as anything does, after at most this long. Raises Transient when the broker reports an
        error."""

    def close(self) -> None:
        """Follow no longer."""
