"""Whether lines of events stand in the order of time in which they were taken down, and a way to put them so.

The fold, the midnights of training and a speed all go along with time: a log in two exports one behind the other, one
that is sorted by user, or one that begins with its newest event would give figures that only look right.
"""

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from schemas.instants import parse_instant

SLACK_MS: Final = 10 * 60_000
"""An event so little before the one ahead of it is in order: sources that write side by side do that."""
_RUN_BYTES: Final = 64 << 20
_AT_ONCE: Final = 64
"""Files that are merged at a time."""

_Timed = tuple[int, bytes]
_first = itemgetter(0)


class Disorder(NamedTuple):
    """The first line that is behind one before it by more than the slack, and by how much."""

    place: int
    behind_ms: int


class _Head(msgspec.Struct):
    type: str
    time: str
    recordedtime: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Head)
_ADDRESSED: Final = ("churn.control.v1", "churn.clock.v1")


class OrderWatch:
    """Hands lines on and notes how they stand in time. Control and clock records have no time of their own."""

    def __init__(self) -> None:
        self.count = 0
        self.disorder: Disorder | None = None
        self.holds_partition_records = False
        self._latest_ms: int | None = None

    def watched(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The same lines, which must be events."""
        for line in lines:
            self.note(line)
            yield line

    def note(self, line: bytes) -> None:
        """Note one line more."""
        self.count += 1
        head = _DECODER.decode(line)
        if head.type in _ADDRESSED:
            self.holds_partition_records = True
            return
        taken_down_ms = parse_instant(head.recordedtime or head.time)
        if self._latest_ms is None or taken_down_ms > self._latest_ms:
            self._latest_ms = taken_down_ms
        elif self.disorder is None and self._latest_ms - taken_down_ms > SLACK_MS:
            self.disorder = Disorder(self.count, self._latest_ms - taken_down_ms)


def in_time_order(lines: Iterable[bytes], run_bytes: int = _RUN_BYTES) -> Iterator[bytes]:
    """Lines of users' events in the order in which they were taken down, equal times as they came.

    Holds about `run_bytes` of them in memory and the rest in temporary files.
    """
    with tempfile.TemporaryDirectory(prefix="churn-") as directory:
        runs: list[Path] = []
        for run in _sorted_runs(lines, run_bytes):
            runs.append(_written(Path(directory), len(runs), run))
            if len(runs) == _AT_ONCE:
                merged = _written(Path(directory), len(runs), _merged(runs))
                runs = [merged.replace(Path(directory) / "0")]
        yield from (line for _, line in _merged(runs))


def _sorted_runs(lines: Iterable[bytes], run_bytes: int) -> Iterator[list[_Timed]]:
    run: list[_Timed] = []
    size = 0
    for line in lines:
        head = _DECODER.decode(line)
        run.append((parse_instant(head.recordedtime or head.time), line))
        size += len(line)
        if size >= run_bytes:
            yield sorted(run, key=_first)
            run, size = [], 0
    yield sorted(run, key=_first)


def _written(directory: Path, number: int, run: Iterable[_Timed]) -> Path:
    path = directory / str(number)
    with path.open("wb") as file:
        file.writelines(b"%d %s\n" % timed for timed in run)
    return path


def _merged(runs: Iterable[Path]) -> Iterator[_Timed]:
    return heapq.merge(*map(_read, runs), key=_first)


def _read(run: Path) -> Iterator[_Timed]:
    with closing(run.open("rb")) as file:
        for line in file:
            time, _, event = line.rstrip(b"\n").partition(b" ")
            yield int(time), event
