"""A record of the log, whoever read it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class LogRecord(Protocol):
    """What the core reads of a record: the clients' own record types have these attributes or are adapted."""

    @property
    def offset(self) -> int:
        """Position in the partition."""

    @property
    def timestamp(self) -> int:
        """Time of sending in ms."""

    @property
    def key(self) -> bytes | None:
        """The key, None for records that are addressed to a partition."""

    @property
    def value(self) -> bytes | None:
        """The event, as JSON."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Kept for dead letters; nothing else reads them."""


class PlainRecord(NamedTuple):
    """A log record as a plain tuple: what replays, event files and tests hand in."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
