"""The simulated page mix, over all services, beside that of the real users on whom the simulator was fitted."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from producers.simulator.pages import CANCEL, CONFIRMATION, PAGES
from producers.simulator.parameters import FittedParameters
from producers.simulator.portrait import Life, live_alone, mix
from producers.simulator.services import Society

_MONTH_DAYS: Final = 30


class PageShares(Struct, frozen=True):
    """A page's shares of all activity events, in per cent."""

    page: str
    simulated: float
    real: float

    @property
    def difference(self) -> float:
        """How far the simulated share lies off, as a share of the real one."""
        return self.simulated / self.real - 1.0


class Comparison(Struct, frozen=True, kw_only=True):
    """The rows, most visited page first, the largest difference and where, and how many users leave in a month."""

    rows: tuple[PageShares, ...]
    largest: float
    largest_at: str
    users: int
    cancelled_in_30_days: float


def compare(found: FittedParameters, users: int, seed: int, passed: Callable[[int], None]) -> Comparison:
    """Simulate users of all services for as long as in fitting, and look at their page mix."""
    society = Society(seed, found.parameters)
    lives = [life for number in range(users) if (life := _watched(number, society, found.origin.days, passed))]
    month = (live_alone(number, society, _MONTH_DAYS) for number in range(users))
    left = sum(life is not None and life.churned for life in month)
    simulated, real = mix(lives), found.target.mix
    pages = sorted((*PAGES, CANCEL, CONFIRMATION), key=lambda page: -real[page])
    rows = tuple(PageShares(page, simulated[page], real[page]) for page in pages)
    worst = max(rows, key=lambda row: abs(row.difference))
    return Comparison(
        rows=rows,
        largest=round(abs(worst.difference), 4),
        largest_at=worst.page,
        users=users,
        cancelled_in_30_days=round(left / users, 4),
    )


def _watched(number: int, society: Society, days: int, passed: Callable[[int], None]) -> Life | None:
    passed(1)
    return live_alone(number, society, days)
