"""Whether alerts came in time and hit: counted user by user, before each churner's first churn act."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

import numpy as np

from schemas.alerts import Alert
from schemas.instants import parse_instant
from stream_app.core.columns import raised_by
from stream_app.core.durations import HOUR_MS
from stream_app.core.features.sources import SignalSource
from stream_app.core.intake.events import Events


class LogPoint(NamedTuple):
    """An offset in the user's partition of the log, and the event time there."""

    offset: int
    time_ms: int


@dataclass
class Audience:
    """Everybody in a log, and where each churner did the first of the `churn` acts."""

    churn: tuple[SignalSource, ...]
    users: set[str] = field(default_factory=set)
    left: dict[str, LogPoint] = field(default_factory=dict)

    def see(self, events: Events) -> None:
        """Take note of admitted events; those of a user come in log order."""
        self.users.update(events.names)
        for place in np.flatnonzero(raised_by(events, self.churn)).tolist():
            point = LogPoint(int(events.offsets[place]), int(events.times_ms[place]))
            self.left.setdefault(events.names[events.user[place]], point)


@dataclass(frozen=True)
class Usefulness:
    """What alerts were worth.

    `precision` is the share of alerted users whom an alert named before they churned, `base_rate` the share of all
    users who churn; both are 0 where there is nobody to count. `lead_time_hours_p50` is the median time from a
    churner's first alert to the churn act, None when no churner was alerted before.
    """

    churners: int
    churners_alerted_before: int
    lead_time_hours_p50: float | None
    users_alerted: int
    precision: float
    base_rate: float


def usefulness(audience: Audience, alerts: Iterable[Alert]) -> Usefulness:
    """Count firing alerts against churn acts. Before means strictly before in the log, not in event time."""
    first = _first_firing(alerts)
    lead_hours = [
        (churned.time_ms - first[user].time_ms) / HOUR_MS
        for user, churned in audience.left.items()
        if user in first and first[user].offset < churned.offset
    ]
    return Usefulness(
        churners=len(audience.left),
        churners_alerted_before=len(lead_hours),
        lead_time_hours_p50=round(median(lead_hours), 2) if lead_hours else None,
        users_alerted=len(first),
        precision=_share(len(lead_hours), len(first)),
        base_rate=_share(len(audience.left), len(audience.users)),
    )


def _first_firing(alerts: Iterable[Alert]) -> dict[str, LogPoint]:
    first: dict[str, LogPoint] = {}
    for alert in alerts:
        if alert.data.status == "firing":
            user, point = alert.data.user_ref, LogPoint(alert.data.src.offset, parse_instant(alert.data.event_time))
            first[user] = min(point, first.get(user, point))
    return first


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
