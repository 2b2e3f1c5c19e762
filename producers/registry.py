"""Sources of logs by the names under which workloads declare them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from producers.event_files import read_events
from producers.simulator import simulate
from producers.simulator.oracle import RolloutStart, World, churn_chances
from producers.sparkify import read_log
from schemas.errors import ContractViolation

T = TypeVar("T")


@dataclass(frozen=True)
class Simulator:
    """Makes logs up: the events of a number of users over a number of days, from a seed and a start in ms; and tells
    by roll-outs how likely churn is after moments of such a log.
    """

    simulate: Callable[[int, int, int, int], Iterator[bytes]]
    churn_chances: Callable[[Sequence[RolloutStart], World, int, int, int, Callable[[int], None]], list[float]]


class LogReader(Protocol):
    """Reads a log of some form as lines of events; `name` is what messages call it.

    Raises ContractViolation at the first line that is not of the form.
    """

    def __call__(self, path: Path, name: str = "") -> Iterator[bytes]:
        """The lines, in the log's order."""


def event_lines(path: Path, name: str = "") -> Iterator[bytes]:
    """The lines of an event file. Raises ContractViolation at the first one that is no event."""
    return (line.raw for line in read_events(path, name))


def _sparkify_lines(path: Path, name: str = "") -> Iterator[bytes]:
    return (row.value for row in read_log(path, name) if row is not None)


_SIMULATORS: Final[Mapping[str, Simulator]] = {"music_service": Simulator(simulate, churn_chances)}
_READERS: Final[Mapping[str, LogReader]] = {"": event_lines, "sparkify": _sparkify_lines}


def simulator_named(name: str) -> Simulator:
    """The simulator that a workload names. Raises ContractViolation when there is none of that name."""
    return _named(name, _SIMULATORS, "simulator")


def reader_named(name: str) -> LogReader:
    """Reads logs of the form that a workload names, event files where it names none, as lines of events.

    Raises ContractViolation when no form has that name.
    """
    return _named(name, _READERS, "form of logs")


def _named(name: str, known: Mapping[str, T], what: str) -> T:
    if name not in known:
        names = ", ".join(sorted(filter(None, known)))
        raise ContractViolation(f"the workload names {what} {name!r}, which does not exist: let it name one of {names}")
    return known[name]
