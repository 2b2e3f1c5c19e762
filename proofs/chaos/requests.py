"""Cuts what a client says into single requests and names those that a fault can be aimed at."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

OTHER = "other"


class Request(NamedTuple):
    """One request as it goes over the wire. `partition` is the one it is about, None if that is not said."""

    name: str
    partition: int | None
    raw: bytes


class Dialogue(Protocol):
    """One connection as the relay sees it."""

    def asked(self, data: bytes) -> list[Request]:
        """The requests that these bytes complete."""

    def answered(self, data: bytes) -> bytes:
        """Bytes of a reply have come; those that go on to the client."""


NewDialogue = Callable[[], Dialogue]
"""Begins to listen to a new connection."""


class Unread:
    """A connection whose bytes pass as they come."""

    def asked(self, data: bytes) -> list[Request]:
        """The bytes themselves."""
        return [Request(OTHER, None, data)]

    def answered(self, data: bytes) -> bytes:
        """The bytes themselves."""
        return data
