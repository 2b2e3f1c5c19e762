"""Logs in files, looked through to their end before anything is done with them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from cli.console import progress, say
from producers.openings import kept, name_of
from producers.registry import event_lines
from producers.time_order import Disorder, OrderWatch, in_time_order

_STEP: Final = 2_000
_HOUR_MS: Final = 3_600_000


class LogFile(NamedTuple):
    """A file of events that can be read more than once, and what people call it."""

    path: Path
    name: str

    def lines(self) -> Iterator[bytes]:
        """Its lines. Raises ContractViolation at the first one that is no event."""
        return event_lines(self.path, self.name)


@contextmanager
def log_file(path: Path) -> Iterator[LogFile]:
    """A file of events, or a stream of them, which is kept for as long as the block lasts."""
    with kept(path) as copy:
        yield LogFile(copy, name_of(path))


def ordered(name: str, lines: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """The events of a log in the order in which they were taken down; says on stderr if they had to be sorted.

    Raises ContractViolation, before anything is handed out, at the first line that is no event.
    """
    watch = looked_through(name, lines())
    return sorted_as_told(name, watch, lines)


def looked_through(name: str, lines: Iterable[bytes]) -> OrderWatch:
    """Read a log to its end, showing how far that is."""
    watch = OrderWatch()
    with progress(f"Checking {name}", None) as advance:
        for place, _ in enumerate(watch.watched(lines), start=1):
            if place % _STEP == 0:
                advance(_STEP)
        advance(watch.count % _STEP)
    return watch


def sorted_as_told(name: str, watch: OrderWatch, lines: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """A log that was looked through, sorted unless it is in order or holds records whose place only the log tells."""
    if watch.disorder is None:
        return lines()
    if watch.holds_partition_records:
        say(f"churn: {described(name, watch.disorder)}; it holds control or clock records, so it is taken as it stands")
        return lines()
    say(f"churn: {described(name, watch.disorder)}: it is sorted first")
    return in_time_order(lines())


def described(name: str, disorder: Disorder) -> str:
    """Where a log leaves the order of time."""
    hours = disorder.behind_ms / _HOUR_MS
    return (
        f"{name} is not in the order of time: event {disorder.place:,} was taken down {hours:,.1f} hours before one "
        "that is ahead of it"
    )
