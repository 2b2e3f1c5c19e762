"""What a population does, in aggregates: the same figures for a table of real users and for simulated ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from statistics import pstdev
from typing import Final

from msgspec import Struct

from producers.simulator.customer import ACTIVITY, Customer, Diary
from producers.simulator.pages import CANCEL, CONFIRMATION, PAGES
from producers.simulator.parameters import Portrait
from producers.simulator.services import Society

_DAY_MS: Final = 86_400_000
_LONG_ENOUGH_DAYS: Final = 7.0
_ONLY_FREE: Final = frozenset({"roll_advert", "upgrade", "submit_upgrade"})


class Life(Struct, frozen=True, kw_only=True):
    """What one user did: visits by page, sessions, days from first to last event, ever on the paid plan, left."""

    visits: Mapping[str, int]
    sessions: int
    days: float
    ever_paid: bool
    churned: bool

    @property
    def events(self) -> int:
        """All activity events."""
        return sum(self.visits.values())


def live_alone(number: int, society: Society, days: int, start_ms: int = 0) -> Life | None:
    """The life of a simulated user, or None if they do not come within the period."""
    end_ms = start_ms + days * _DAY_MS
    customer = Customer(number, society, start_ms, end_ms)
    diary: Diary = []
    customer.diary = diary
    paid = bool(customer.plan)
    customer.live(end_ms)
    told = [happening for happening in diary if happening[0] < end_ms]
    if not told:
        return None
    pages: Counter[str] = Counter(_action(data) for _, _, _, kind, _, data in told if kind == ACTIVITY)
    return Life(
        visits=pages,
        sessions=customer.sessions,
        days=(told[-1][0] - told[0][0]) / _DAY_MS,
        ever_paid=paid or pages["submit_upgrade"] > 0,
        churned=pages[CONFIRMATION] > 0,
    )


def portrait(lives: Sequence[Life]) -> Portrait:
    """The aggregates of users of whom some left and some stayed."""
    churners = [life for life in lives if life.churned]
    stayers = [life for life in lives if not life.churned]
    long = [life for life in lives if life.days > _LONG_ENOUGH_DAYS]
    return Portrait(
        users=len(lives),
        mix=mix(lives),
        churner_mix=mix(churners),
        stayer_mix=mix(stayers),
        spread={page: _spread(page, lives) for page in PAGES},
        sessions_per_day=_sessions_per_day(lives),
        churner_sessions_per_day=_sessions_per_day(churners),
        stayer_sessions_per_day=_sessions_per_day(stayers),
        activity_spread=round(pstdev(log(life.sessions / life.days) for life in long), 4),
        events_per_session=_events_per_session(lives),
        churner_events_per_session=_events_per_session(churners),
        stayer_events_per_session=_events_per_session(stayers),
        free_advert_share=mix([life for life in lives if not life.ever_paid])["roll_advert"],
        ever_paid=_share(sum(life.ever_paid for life in lives), len(lives)),
        churned=_share(len(churners), len(lives)),
    )


def mix(lives: Sequence[Life]) -> dict[str, float]:
    """Per cent of all activity events by page."""
    visits: Counter[str] = Counter()
    for life in lives:
        visits.update(life.visits)
    return {page: _share(100.0 * visits[page], visits.total()) for page in (*PAGES, CANCEL, CONFIRMATION)}


def _spread(page: str, lives: Sequence[Life]) -> float:
    """Variance of users' visits beyond what chance gives, by the square of what the common rate expects."""
    users = [life for life in lives if not (page in _ONLY_FREE and life.ever_paid)]
    events = sum(life.events for life in users)
    visits = sum(life.visits.get(page, 0) for life in users)
    rate = visits / events if events else 0.0
    expected = [rate * life.events for life in users]
    beyond = sum(
        (life.visits.get(page, 0) - mean) ** 2 - mean * (1.0 - rate) for life, mean in zip(users, expected, strict=True)
    )
    return _share(beyond, sum(mean * mean for mean in expected))


def _sessions_per_day(lives: Sequence[Life]) -> float:
    return _share(sum(life.sessions for life in lives), sum(life.days for life in lives))


def _events_per_session(lives: Sequence[Life]) -> float:
    return round(sum(life.events for life in lives) / max(1, sum(life.sessions for life in lives)), 2)


def _share(part: float, whole: float) -> float:
    return round(part / whole, 5) if whole else 0.0


def _action(data: str) -> str:
    return data.split('"', 4)[3]
