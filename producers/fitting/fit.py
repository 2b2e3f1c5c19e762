"""Iterative scaling: simulate, compare with the target, correct every parameter by its own figure, and again."""

import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from producers.fitting.cancel_chances import cancel_chances
from producers.simulator.pages import END, PAGES
from producers.simulator.parameters import Parameters, Portrait
from producers.simulator.portrait import Life, live_alone, portrait
from producers.simulator.services import Service, Society

USERS: Final = 2_500
DAYS: Final = 61
ROUNDS: Final = 16
SEED: Final = 111

_SPREAD_PAGES: Final = ("thumbs_up", "thumbs_down", "add_friend", "roll_advert", "downgrade", "settings", "error")
_REACHED_BY: Final = {
    "upgrade": "roll_advert",
    "submit_upgrade": "upgrade",
    "submit_downgrade": "downgrade",
    "save_settings": "settings",
}
_LEAST_SPREAD: Final = 0.01
_STRENGTHS: Final = (0.3, 1.6)
_MOST_GAP_POWER: Final = 0.3


def fit(lives: Sequence[Life], song_s: float, passed: Callable[[int], None]) -> tuple[Parameters, Portrait, Portrait]:
    """The parameters, the target and what they achieve. Users are simulated without chat: the real ones have none."""
    target = portrait(lives)
    parameters = _first_guess(lives, song_s)
    for number in range(ROUNDS):
        parameters = _corrected(parameters, target, portrait(simulated(parameters)), 0.7 if number < 8 else 0.4)
        passed(1)
    return parameters, target, portrait(simulated(parameters))


def simulated(parameters: Parameters, users: int = USERS) -> list[Life]:
    """The lives of users of an ordinary service without chat."""
    society = Society(SEED, parameters, (Service(has_chat=False),))
    lives = (live_alone(number, society, DAYS) for number in range(users))
    return [life for life in lives if life is not None]


def _first_guess(lives: Sequence[Life], song_s: float) -> Parameters:
    return Parameters(
        page_factors=dict.fromkeys((*PAGES, END), 1.0),
        lean_strengths=dict.fromkeys(_SPREAD_PAGES, 1.0),
        cancel_chances=cancel_chances(lives),
        gap_factor=1.0,
        gap_power=0.0,
        activity_sigma=0.5,
        paid_factor=1.0,
        song_s=song_s,
    )


def _corrected(now: Parameters, target: Portrait, seen: Portrait, power: float) -> Parameters:
    """Every parameter moved by `power` of what its own figure lacks."""
    leavers = (target.churned / seen.churned) ** power
    return msgspec.structs.replace(
        now,
        page_factors=_page_factors(now, target, seen, power),
        lean_strengths={page: _strength(now, target, seen, page, power) for page in _SPREAD_PAGES},
        cancel_chances={page: round(chance * leavers, 6) for page, chance in now.cancel_chances.items()},
        gap_factor=round(now.gap_factor * (seen.sessions_per_day / target.sessions_per_day) ** power, 4),
        gap_power=round(min(max(now.gap_power + power * _less_often(target, seen), 0.0), _MOST_GAP_POWER), 4),
        activity_sigma=round(
            max(0.1, now.activity_sigma * (target.activity_spread / seen.activity_spread) ** power), 4
        ),
        paid_factor=round(now.paid_factor * (seen.mix["roll_advert"] / target.mix["roll_advert"]) ** power, 4),
    )


def _rate(of: Portrait, page: str) -> float:
    """Visits of a page beside those of the page that leads to it, where there is one such, else beside all events."""
    return of.mix[page] / max(of.mix.get(_REACHED_BY.get(page, ""), 100.0), 1e-4)


def _less_often(target: Portrait, seen: Portrait) -> float:
    """By how much churners come too often beside stayers, as a difference of logarithms."""
    wanted = target.churner_sessions_per_day / target.stayer_sessions_per_day
    return math.log(seen.churner_sessions_per_day / seen.stayer_sessions_per_day / wanted)


def _page_factors(now: Parameters, target: Portrait, seen: Portrait, power: float) -> dict[str, float]:
    lacks = {page: (_rate(target, page) / max(_rate(seen, page), 1e-6)) ** power for page in PAGES}
    lacks["roll_advert"] = (target.free_advert_share / seen.free_advert_share) ** power
    lacks[END] = (seen.events_per_session / target.events_per_session) ** power
    # Songs are the yardstick: only weights relative to theirs can be told.
    return {
        page: round(now.page_factors[page] * lacks[page] / lacks["next_song"], 5) if page != "next_song" else 1.0
        for page in now.page_factors
    }


def _strength(now: Parameters, target: Portrait, seen: Portrait, page: str, power: float) -> float:
    wanted, got = max(target.spread[page], _LEAST_SPREAD), max(seen.spread[page], _LEAST_SPREAD)
    strength = now.lean_strengths[page] * math.pow(wanted / got, power / 2.0)
    return round(min(max(strength, _STRENGTHS[0]), _STRENGTHS[1]), 4)
