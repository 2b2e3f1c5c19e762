"""The topics of decisions as Kafka keeps them: one transactional producer per partition, fenced by its epoch.

The end of a transaction may be carried out with its reply lost, be lost, or be late: then it may end a later
transaction of the same epoch (KAFKA-17754).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.errors import Transient

OPEN, COMMITTED, ABORTED = range(3)


@dataclass
class TopicEntry:
    """A record and what became of its transaction."""

    what: Any
    fate: int


@dataclass
class TransactionalTopics:
    """Alerts and dead letters of one partition, with the producer's epoch and its open transaction."""

    alerts: list[TopicEntry] = field(default_factory=list)
    letters: list[TopicEntry] = field(default_factory=list)
    epoch: int = 0
    open: list[TopicEntry] = field(default_factory=list)
    late: list[tuple[int, bool]] = field(default_factory=list)
    fenced: int = 0

    def init(self) -> int:
        """A new epoch; what was open is aborted."""
        self._end(ABORTED)
        self.epoch += 1
        return self.epoch

    def write(self, topic: list[TopicEntry], what: Sequence[Any], epoch: int) -> None:
        """Write into the open transaction, or begin one. Raises Transient for an epoch that is fenced."""
        self.demand(epoch)
        entries = [TopicEntry(one, OPEN) for one in what]
        topic += entries
        self.open += entries

    def end(self, epoch: int, commit: bool) -> None:
        """End the open transaction. Raises Transient for an epoch that is fenced."""
        self.demand(epoch)
        self._end(COMMITTED if commit else ABORTED)

    def deliver_late(self, which: int) -> None:
        """A request to end a transaction arrives at last, and does what it can."""
        epoch, commit = self.late.pop(which % len(self.late))
        if epoch == self.epoch:
            self._end(COMMITTED if commit else ABORTED)

    def committed(self, topic: list[TopicEntry]) -> list[Any]:
        """What readers of committed transactions see: nothing from the first open record on."""
        seen = []
        for entry in topic:
            if entry.fate == OPEN:
                break
            if entry.fate == COMMITTED:
                seen.append(entry.what)
        return seen

    def demand(self, epoch: int) -> None:
        """Raises Transient for an epoch that is fenced."""
        if epoch != self.epoch:
            self.fenced += 1
            raise Transient("another session publishes the decisions now", "publisher_fenced")

    def _end(self, fate: int) -> None:
        for entry in self.open:
            entry.fate = fate
        self.open = []
