"""The decisions of one partition, as topics read by committed transactions only."""

from collections.abc import Sequence

from schemas.alerts import Alert
from schemas.dead_letters import read_rejection
from schemas.errors import Transient
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import PlainRecord
from stream_app.partition.effects import Decisions
from stream_app.partition.letters import LetterOrigin, Rejections, addressed


class DecisionPartition:
    """One partition of alerts and dead letters: what is committed, and at most one transaction that is still open."""

    def __init__(self, source_topic: str = "customer-events", partition: int = 0) -> None:
        self.alerts: list[Alert] = []
        self.letters: list[PlainRecord] = []
        self.source = LetterOrigin(source_topic, partition, "0")
        self._epoch = 0
        self._open: tuple[list[Alert], list[PlainRecord]] = ([], [])

    @property
    def settled(self) -> bool:
        """Whether no transaction is open."""
        return not any(self._open)

    def take_over(self) -> int:
        """The epoch of a new publisher: those before are fenced, and what they left open is dropped."""
        self._epoch += 1
        self._open = ([], [])
        return self._epoch

    def write(self, epoch: int, alerts: Sequence[Alert] = (), letters: Sequence[PlainRecord] = ()) -> None:
        """Write into the open transaction, or begin one. Raises Transient for a publisher that is fenced."""
        self._demand(epoch)
        self._open[0].extend(alerts)
        self._open[1].extend(letters)

    def commit(self, epoch: int) -> None:
        """Commit the open transaction. Raises Transient for a publisher that is fenced."""
        self._demand(epoch)
        alerts, letters = self._open
        self.alerts += alerts
        self.letters += letters
        self._open = ([], [])

    def _demand(self, epoch: int) -> None:
        if epoch != self._epoch:
            raise Transient("another session publishes the decisions now", "publisher_fenced")


class MemoryDecisions:
    """One session's publisher and reader. Publishes alerts as they are: there is no clock to stamp them with."""

    def __init__(self, partition: DecisionPartition) -> None:
        self._partition = partition
        self._epoch: int | None = None
        self._unread: list[Alert] = []

    async def open(self) -> None:
        """Fence the publisher before, and end the transaction that it may have left open."""
        self._epoch = self._partition.take_over()

    async def publish_alerts(self, alerts: Sequence[Alert]) -> None:
        """Write alerts in one transaction; it is committed on return."""
        self.write(alerts)
        self._partition.commit(self._opened())

    def write(self, alerts: Sequence[Alert]) -> None:
        """The first half of `publish_alerts`: where a worker that dies leaves its transaction open."""
        self._partition.write(self._opened(), alerts)

    async def publish_dead_letters(self, letters: Sequence[DeadLetter], front: int, session: str) -> None:
        """Write dead letters in one transaction; it is committed on return."""
        begin = len(self._partition.letters)
        records = [
            PlainRecord(offset, kept.timestamp, kept.key, kept.value, tuple(headers))
            for offset, (kept, headers) in enumerate(addressed(letters, front, session, self._partition.source), begin)
        ]
        self._partition.write(self._opened(), letters=records)
        self._partition.commit(self._opened())

    async def read_back(self, position: int, rejected_from: int) -> Decisions:
        """Everything that is committed, as far as it was asked for."""
        if not self._partition.settled:
            raise Transient("a transaction on the decisions is still open")
        alerts, rejected = self._partition.alerts, Rejections(rejected_from)
        letters = (read_rejection(record.headers) for record in reversed(self._partition.letters))
        all(rejected.add(letter) for letter in letters if letter is not None)
        self._unread = [alert for alert in alerts if alert.data.src.offset >= position]
        return Decisions(max((alert.data.front for alert in alerts), default=-1), rejected.reasons, rejected.front)

    async def read_alerts(self, before: int) -> Sequence[Alert]:
        """The next that were committed when they were read back."""
        due = [alert for alert in self._unread if alert.data.src.offset < before]
        self._unread = self._unread[len(due) :]
        return due

    async def close(self) -> None:
        """Give the publisher up; an open transaction is left to the next session."""
        self._epoch = None

    def _opened(self) -> int:
        if self._epoch is None:
            raise Transient("the log of decisions is not open")
        return self._epoch
