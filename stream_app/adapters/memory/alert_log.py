"""The alerts of one partition, as a topic read by committed transactions only."""

from collections.abc import Sequence

from schemas.alerts import Alert
from schemas.errors import Transient
from stream_app.core.engine import Recorded


class AlertPartition:
    """One partition of the alerts topic: what is committed, and at most one transaction that is still open."""

    def __init__(self) -> None:
        self.committed: list[Alert] = []
        self._epoch = 0
        self._uncommitted: list[Alert] = []

    @property
    def settled(self) -> bool:
        """Whether no transaction is open."""
        return not self._uncommitted

    def take_over(self) -> int:
        """The epoch of a new publisher: those before are fenced, and what they left open is dropped."""
        self._epoch += 1
        self._uncommitted = []
        return self._epoch

    def write(self, epoch: int, alerts: Sequence[Alert]) -> None:
        """Write into the open transaction, or begin one. Raises Transient for a publisher that is fenced."""
        self._demand(epoch)
        self._uncommitted += alerts

    def commit(self, epoch: int) -> None:
        """Commit the open transaction. Raises Transient for a publisher that is fenced."""
        self._demand(epoch)
        self.committed += self._uncommitted
        self._uncommitted = []

    def _demand(self, epoch: int) -> None:
        if epoch != self._epoch:
            raise Transient("another session publishes the alerts now")


class MemoryAlertLog:
    """One session's publisher and reader. Publishes alerts as they are: there is no clock to stamp them with."""

    def __init__(self, partition: AlertPartition) -> None:
        self._partition = partition
        self._epoch: int | None = None

    async def open(self) -> None:
        """Fence the publisher before, and end the transaction that it may have left open."""
        self._epoch = self._partition.take_over()

    async def publish(self, alerts: Sequence[Alert]) -> None:
        """Write alerts in one transaction; it is committed on return."""
        self.write(alerts)
        self._partition.commit(self._opened())

    def write(self, alerts: Sequence[Alert]) -> None:
        """The first half of `publish`: where a worker that dies leaves its transaction open."""
        self._partition.write(self._opened(), alerts)

    async def read_back(self, position: int) -> Recorded:
        """Look back from the end to the first alert whose front is below the position."""
        if not self._partition.settled:
            raise Transient("a transaction on the alerts is still open")
        alerts: dict[int, Alert] = {}
        front = -1
        for alert in reversed(self._partition.committed):
            front = max(front, alert.data.front)
            if alert.data.front < position:
                break
            alerts[alert.data.src.offset] = alert
        return Recorded(alerts, front)

    async def close(self) -> None:
        """Give the publisher up; an open transaction is left to the next session."""
        self._epoch = None

    def _opened(self) -> int:
        if self._epoch is None:
            raise Transient("the alert log is not open")
        return self._epoch
