"""The music service's pages: what follows what, how that leans with plan, temperament and mood, and what a page does.

The weights follow the transition shares of a real log of 68 users (per cent of a page's visits).
"""

from collections.abc import Mapping
from math import prod
from typing import Final, NamedTuple

from producers.simulator.draws import Quantiles, choose, cumulative

START: Final = "start"
END: Final = "end"
CANCEL: Final = "cancel"
CONFIRMATION: Final = "cancellation_confirmation"

_TRANSITIONS: Final[dict[str, dict[str, float]]] = {
    START: {"next_song": 54, "home": 45, "help": 0.4, "about": 0.3},
    "next_song": {
        "next_song": 82.4,
        "thumbs_up": 5.4,
        "add_to_playlist": 2.5,
        "home": 2.0,
        "roll_advert": 9.0,
        "logout": 1.2,
        "thumbs_down": 1.1,
        "add_friend": 1.0,
        "downgrade": 0.9,
        "help": 0.42,
        "settings": 0.36,
        "upgrade": 1.7,
        "about": 0.18,
        "error": 0.08,
        END: 0.4,
    },
    "thumbs_up": {"next_song": 90.6, "add_to_playlist": 6.5, "upgrade": 0.3, "error": 0.08, END: 2.6},
    "thumbs_down": {
        "next_song": 89,
        "logout": 2.3,
        "help": 1.8,
        "settings": 1.6,
        "downgrade": 1.4,
        "error": 0.1,
        END: 2.6,
    },
    "add_to_playlist": {"next_song": 94.7, "thumbs_up": 1.5, "upgrade": 0.4, "help": 0.2, END: 3.2},
    "home": {
        "next_song": 84,
        "add_friend": 5.7,
        "settings": 1.8,
        "home": 1.0,
        "logout": 0.9,
        "downgrade": 0.4,
        "help": 0.3,
        "about": 0.3,
        "upgrade": 0.7,
        "error": 0.08,
        END: 5,
    },
    "add_friend": {
        "next_song": 61,
        "add_friend": 30,
        "home": 2.2,
        "logout": 0.9,
        "settings": 0.9,
        "help": 0.3,
        END: 3.7,
    },
    "roll_advert": {"next_song": 89, "roll_advert": 2.0, "logout": 1.5, "upgrade": 0.7, "settings": 0.5, END: 5.7},
    "logout": {"home": 86, END: 14},
    "downgrade": {
        "next_song": 63,
        "logout": 10.5,
        "home": 9,
        "downgrade": 8.7,
        "submit_downgrade": 3.6,
        "help": 0.9,
        "about": 0.7,
        "error": 0.1,
        END: 1.6,
    },
    "upgrade": {
        "next_song": 41,
        "submit_upgrade": 31,
        "home": 9,
        "add_friend": 6.5,
        "upgrade": 6,
        "logout": 1.8,
        "help": 1.2,
        END: 3,
    },
    "help": {"next_song": 67, "home": 14, "help": 5.3, "add_friend": 3.5, "settings": 2.6, "logout": 0.9, END: 5.5},
    "settings": {
        "next_song": 58,
        "save_settings": 19,
        "home": 5.3,
        "settings": 5.3,
        "help": 3.5,
        "add_friend": 3.2,
        "logout": 1.4,
        "downgrade": 1.5,
        "error": 0.1,
        END: 0.7,
    },
    "save_settings": {"home": 84, "settings": 11, END: 5},
    "about": {"next_song": 48, "home": 20, "add_friend": 5, "about": 5, "help": 2, "logout": 1.5, END: 17},
    "error": {"next_song": 72, "home": 20, "help": 4, "error": 1.5, "logout": 1.5, END: 1},
    "submit_upgrade": {"home": 1},
    "submit_downgrade": {"home": 1},
}

_UNREACHABLE: Final[dict[str, frozenset[str]]] = {
    "free": frozenset({"downgrade"}),
    "paid": frozenset({"roll_advert", "upgrade"}),
}

MOODS: Final = 3
"""Calm, uneasy, upset."""

_SOURED: Final[dict[str, float]] = {
    "thumbs_down": 2.0,
    "downgrade": 2.0,
    "settings": 2.0,
    "help": 1.8,
    "logout": 1.4,
    "thumbs_up": 0.7,
    "add_friend": 0.6,
    "add_to_playlist": 0.7,
    "upgrade": 0.6,
    "submit_upgrade": 0.6,
    END: 1.3,
}
"""How each step from calm towards upset multiplies the weights of pages."""

PLAN_AFTER: Final[dict[str, str]] = {"submit_upgrade": "paid", "submit_downgrade": "free"}

ANNOYANCE: Final[dict[str, float]] = {"error": 1.0, "roll_advert": 0.12, "thumbs_down": 0.2}
"""How much one such page adds to the frustration of a user of ordinary patience."""

CANCEL_CHANCE: Final[dict[str, float]] = {
    "downgrade": 0.0075,
    "settings": 0.0065,
    "roll_advert": 0.0014,
    "thumbs_down": 0.0010,
}
"""Chance that a user of ordinary loyalty and a frustration of 1 cancels straight from the page."""

CHAT_CHANCE: Final[dict[str, float]] = {
    "error": 0.5,
    "roll_advert": 0.025,
    "thumbs_down": 0.06,
    "help": 0.2,
    "downgrade": 0.1,
    "submit_upgrade": 0.05,
    "submit_downgrade": 0.15,
}
"""Chance that a user of ordinary talkativeness turns to support from the page."""


class Step(NamedTuple):
    """What can follow a page, most likely first, with running shares."""

    pages: tuple[str, ...]
    shares: Quantiles

    def next_page(self, level: float) -> str:
        """The page that `level`, a uniform number in [0, 1), falls on."""
        return self.pages[choose(self.shares, level)]


Chain = dict[str, Step]


def page_chain(plan: str, mood: int, lean: Mapping[str, float]) -> Chain:
    """The transitions of a user on `plan` whose temperament multiplies the weights of pages by `lean`."""
    return {page: _step(weights, plan, mood, lean) for page, weights in _TRANSITIONS.items()}


def _step(weights: Mapping[str, float], plan: str, mood: int, lean: Mapping[str, float]) -> Step:
    leaning = {
        page: weight * lean.get(page, 1.0) * prod((_SOURED.get(page, 1.0),) * mood)
        for page, weight in weights.items()
        if page not in _UNREACHABLE[plan]
    }
    return Step(tuple(leaning), cumulative(tuple(leaning.values())))
