"""A watcher that remembers."""

from stream_app.partition.effects import Report


class MemoryWatcher:
    """Every report, with its partition, in the order of the commits."""

    def __init__(self) -> None:
        self.reports: list[tuple[int, Report]] = []

    def committed(self, partition: int, report: Report) -> None:
        """A batch was committed."""
        self.reports.append((partition, report))
