"""Whether alerts came in time and hit: counted user by user, before each churner's first cancel."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

import numpy as np

from schemas.alerts import Alert
from schemas.instants import parse_instant
from stream_app.core.durations import HOUR_MS
from stream_app.core.intake.events import Events

CANCEL = "cancel"


class Moment(NamedTuple):
    """A place in the user's partition of the log, and the event time there."""

    offset: int
    time_ms: int


@dataclass
class Audience:
    """Everybody in a log, and where each churner first cancelled."""

    users: set[str] = field(default_factory=set)
    cancels: dict[str, Moment] = field(default_factory=dict)

    def see(self, user: str, offset: int, time_ms: int, action: str | None) -> None:
        """Take note of an event; the events of a user come in log order. `action` is None unless it is an activity."""
        self.users.add(user)
        if action == CANCEL:
            self.cancels.setdefault(user, Moment(offset, time_ms))

    def see_all(self, events: Events) -> None:
        """Take note of admitted events."""
        self.users.update(events.names)
        for place in np.flatnonzero(events.doing(CANCEL)).tolist():
            user, offset = events.names[events.user[place]], events.records[place].offset
            self.see(user, offset, int(events.times_ms[place]), CANCEL)


@dataclass(frozen=True)
class Usefulness:
    """What alerts were worth.

    `precision` is the share of alerted users whom an alert named before they cancelled, `base_rate` the share of all
    users who cancel; both are 0 where there is nobody to count. `lead_time_hours_p50` is the median time from a
    churner's first alert to the cancel, None when no churner was alerted before.
    """

    churners: int
    churners_alerted_before: int
    lead_time_hours_p50: float | None
    users_alerted: int
    precision: float
    base_rate: float


def usefulness(audience: Audience, alerts: Iterable[Alert]) -> Usefulness:
    """Count firing alerts against cancels. Before means strictly before in the log, not in event time."""
    first = _first_firing(alerts)
    lead_hours = [
        (cancel.time_ms - first[user].time_ms) / HOUR_MS
        for user, cancel in audience.cancels.items()
        if user in first and first[user].offset < cancel.offset
    ]
    return Usefulness(
        churners=len(audience.cancels),
        churners_alerted_before=len(lead_hours),
        lead_time_hours_p50=round(median(lead_hours), 2) if lead_hours else None,
        users_alerted=len(first),
        precision=_share(len(lead_hours), len(first)),
        base_rate=_share(len(audience.cancels), len(audience.users)),
    )


def _first_firing(alerts: Iterable[Alert]) -> dict[str, Moment]:
    first: dict[str, Moment] = {}
    for alert in alerts:
        if alert.data.status == "firing":
            user, moment = alert.data.user_ref, Moment(alert.data.src.offset, parse_instant(alert.data.event_time))
            first[user] = min(moment, first.get(user, moment))
    return first


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
