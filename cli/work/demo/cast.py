"""The events that a demo sends: a simulated month, or a real log; in two parts, so that the last is sent at a walk."""

from collections.abc import Iterator
from pathlib import Path

from producers.simulator import simulate
from producers.sparkify import read_log
from schemas.instants import parse_instant
from schemas.outgoing import Outgoing, address

USERS = 300
DAYS = 30
SEED = 4711
"""Neither the making of the simulator nor training used this seed."""
START_MS = parse_instant("2024-01-01T00:00:00Z")
PACED = 30_000
PACED_RATE = 3_000.0
"""So many events are sent at so many a second once the rest is applied: latency is then not queueing time."""


def events_of(log: Path | None) -> Iterator[Outgoing]:
    """Every event with a user, in order. Raises ContractViolation at a line that is no row of a Sparkify log."""
    if log is None:
        return address(simulate(USERS, DAYS, SEED, START_MS))
    return (event for event in read_log(log) if event is not None)
