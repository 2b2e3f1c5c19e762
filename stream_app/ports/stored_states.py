"""States as they stand in Redis, while their worker goes on or while none runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.errors import ContractViolation
from stream_app.partition.effects import Meta

PAGE = 1000
"""States read, or written, at once: holds up Redis for about a millisecond."""


@dataclass(frozen=True)
class Page:
    """Some states of a partition as they were at the position of `meta`; no meta where nobody has claimed it yet."""

    meta: Meta | None
    states: Mapping[str, bytes | None] = field(default_factory=dict)

    @property
    def position(self) -> int:
        """Next offset to apply."""
        return self.meta.position if self.meta else 0


class PartitionImport(Protocol):
    """One import into one partition: no session and no other import can come between.

    Raises Transient when another import has begun.
    """

    def begin(self, meta: Meta, *, replace: bool) -> None:
        """Take the partition. Raises ContractViolation when it has been worked on and is not to be replaced."""

    def remove(self, users: Sequence[str]) -> None:
        """Delete states."""

    def write(self, users: Sequence[str], states: Sequence[bytes]) -> None:
        """Set states."""

    def finish(self, meta: Meta) -> None:
        """Let sessions begin at the position."""


class StoredStates(Protocol):
    """All states of one deployment. Raises Transient when Redis does not answer."""

    def pages(self, partition: int) -> Iterator[Page]:
        """A partition: first the position alone, then its states; positions never fall.

        Raises ContractViolation when an import has not been finished, Transient when Redis loses writes meanwhile.
        """

    def users(self, partition: int) -> set[str]:
        """Whoever has a state."""

    def position(self, partition: int) -> int:
        """Next offset to apply; below 0 while an import is under way."""

    def an_import(self, partition: int) -> PartitionImport:
        """A new import into a partition."""


def occupied(partition: int) -> ContractViolation:
    """Why nothing is imported over states."""
    return ContractViolation(
        f"Redis has states of partition {partition}: verify them (`churn verify`), or delete them for the export's "
        "with --replace"
    )
