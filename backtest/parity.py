"""Compares what was scored and decided live with what a replay of the same log comes to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import Alert
from schemas.errors import ContractViolation
from stream_app.core.decisions.contents import contents, decision, digests
from stream_app.core.tables import Integers
from stream_app.core.trace import TRACE

FIRST = 10
"""How many differences are told in words."""

_OFFSET_BITS = 44


@dataclass(frozen=True)
class Parity:
    """How live and replay differ.

    `vectors` counts the distinct positions that were traced live; `mismatches` those whose vector or score is not the
    same bits, live and in the replay, or that only one of them has. Alerts are compared in all but
    `detected_at` and words: `alerts_missing` were not published, `alerts_extra` should not have been.
    `alerts_of_another_digest` were published under another layout, and compared by what was decided alone.
    """

    vectors: int
    mismatches: int
    alerts_missing: int
    alerts_extra: int
    first_differences: list[str]
    alerts_of_another_digest: int = 0

    @property
    def exact(self) -> bool:
        """Whether nothing differs."""
        return not (self.mismatches or self.alerts_missing or self.alerts_extra)


def read_trace(path: Path) -> NDArray[np.void]:
    """All records that workers wrote with `churn work --trace`.

    Raises ContractViolation when there are none, or the file ends within one.
    """
    if not path.is_file():
        raise ContractViolation(f"there is no trace {path}: let the worker write one with `churn work --trace {path}`")
    surplus = path.stat().st_size % TRACE.itemsize
    if surplus:
        raise ContractViolation(f"{path} ends {surplus} bytes into a record: it is no whole trace, write it anew")
    return np.fromfile(path, TRACE)


def compare(
    live_trace: NDArray[np.void],
    live_alerts: Sequence[Alert],
    replayed_trace: NDArray[np.void],
    replayed_alerts: Sequence[Alert],
) -> Parity:
    """Compare position by position. A position that was traced twice, after a crash, must have the same bits twice."""
    live, replayed = _Trace(live_trace), _Trace(replayed_trace)
    wrong = _mismatches(live, replayed)
    others = _of_another_digest(live_alerts, replayed_alerts)
    foreign = {_position(alert) for alert in others}
    published, due = _counted(live_alerts, foreign), _counted(replayed_alerts, foreign)
    missing, extra = due - published, published - due
    told = (*(_tell(position) for position in wrong.tolist()), *_tell_alerts(missing, extra))
    first = list(islice(told, FIRST))
    return Parity(len(live.positions), len(wrong), missing.total(), extra.total(), first, len(others))


class _Trace:
    """Distinct positions with a fingerprint each; `torn` are positions with several."""

    def __init__(self, trace: NDArray[np.void]) -> None:
        every = (trace["partition"].astype(np.int64) << _OFFSET_BITS) | trace["offset"]
        self.positions, first, place = np.unique(every, return_index=True, return_inverse=True)
        self.fingerprints = trace["fingerprint"][first]
        self.torn = np.unique(every[trace["fingerprint"] != self.fingerprints[place]])


def _mismatches(live: _Trace, replayed: _Trace) -> Integers:
    one_sided = np.setxor1d(live.positions, replayed.positions)
    both, here, there = np.intersect1d(live.positions, replayed.positions, return_indices=True)
    unequal = both[live.fingerprints[here] != replayed.fingerprints[there]]
    return np.unique(np.concatenate([one_sided, unequal, live.torn, replayed.torn]))


def _tell(position: int) -> str:
    return f"vector at partition {position >> _OFFSET_BITS} offset {position & (1 << _OFFSET_BITS) - 1}"


def _of_another_digest(published: Iterable[Alert], due: Iterable[Alert]) -> list[Alert]:
    """Published alerts where the replay decides something under other digests."""
    decided = {_position(alert): digests(alert) for alert in due}
    return [alert for alert in published if decided.get(_position(alert), digests(alert)) != digests(alert)]


def _counted(alerts: Iterable[Alert], foreign: set[tuple[int, int]]) -> Counter[tuple[int, int, bytes]]:
    """Alerts by source position and what they say. What one publishes twice counts twice."""
    return Counter(
        (*_position(alert), decision(alert) if _position(alert) in foreign else contents(alert)) for alert in alerts
    )


def _position(alert: Alert) -> tuple[int, int]:
    return alert.data.src.partition, alert.data.src.offset


def _tell_alerts(missing: Counter[tuple[int, int, bytes]], extra: Counter[tuple[int, int, bytes]]) -> Iterator[str]:
    for partition, offset, said in sorted(missing):
        yield f"alert missing at partition {partition} offset {offset}: {said.decode()}"
    for partition, offset, said in sorted(extra):
        yield f"alert extra at partition {partition} offset {offset}: {said.decode()}"
