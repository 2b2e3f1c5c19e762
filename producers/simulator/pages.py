"""The music service's pages: what can follow what, how that leans with plan, nature and mood, and what a page does.

The weights below give the structure only, by reasoning (a rating belongs to a song, a saved setting to the settings
page) and from the transitions of one month of another public log. What that log does not know (ratings, friends,
playlists, adverts) still resembles a first table, which was taken from the 68-user log. How often each page is visited
comes from the fitted parameters, which multiply all weights that lead to a page.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from producers.simulator.draws import Quantiles, cumulative

START: Final = "start"
END: Final = "end"
SONG: Final = "next_song"
CANCEL: Final = "cancel"
CONFIRMATION: Final = "cancellation_confirmation"

_TRANSITIONS: Final[dict[str, dict[str, float]]] = {
    START: {SONG: 55.0, "home": 44.0, "help": 0.3, "about": 0.2},
    SONG: {
        SONG: 82.0,
        "thumbs_up": 5.0,
        "add_to_playlist": 2.5,
        "home": 2.0,
        "roll_advert": 8.0,
        "logout": 1.1,
        "thumbs_down": 1.0,
        "add_friend": 1.0,
        "downgrade": 0.7,
        "help": 0.5,
        "settings": 0.5,
        "upgrade": 1.2,
        "about": 0.2,
        "error": 0.1,
        END: 0.8,
    },
    "thumbs_up": {SONG: 90.0, "add_to_playlist": 5.0, "add_friend": 1.0, "error": 0.1, END: 1.0},
    "thumbs_down": {SONG: 90.0, "logout": 1.5, "help": 1.0, "settings": 1.0, "downgrade": 1.0, "error": 0.1, END: 2.0},
    "add_to_playlist": {SONG: 95.0, "thumbs_up": 2.0, "error": 0.1, END: 1.0},
    "home": {
        SONG: 84.0,
        "add_friend": 5.0,
        "settings": 3.0,
        "logout": 1.4,
        "downgrade": 0.9,
        "home": 0.6,
        "upgrade": 1.0,
        "about": 0.5,
        "help": 0.5,
        "error": 0.1,
        END: 5.0,
    },
    "add_friend": {SONG: 65.0, "add_friend": 25.0, "home": 3.0, "settings": 1.0, END: 2.0},
    "roll_advert": {SONG: 90.0, "roll_advert": 2.0, "logout": 1.5, "upgrade": 2.0, "settings": 0.5, END: 3.0},
    "logout": {"home": 80.0, END: 20.0},
    "downgrade": {SONG: 60.0, "home": 15.0, "downgrade": 5.0, "logout": 5.0, "submit_downgrade": 2.0, END: 4.0},
    "upgrade": {"submit_upgrade": 35.0, "home": 22.0, SONG: 30.0, "upgrade": 8.0, "help": 1.0, END: 4.0},
    "help": {SONG: 72.0, "home": 10.0, "help": 4.0, "settings": 4.0, "about": 1.0, "logout": 2.0, END: 5.0},
    "settings": {
        SONG: 55.0,
        "save_settings": 18.0,
        "home": 8.0,
        "settings": 6.0,
        "help": 4.0,
        "downgrade": 2.0,
        "logout": 3.0,
        END: 2.0,
    },
    "save_settings": {"home": 85.0, SONG: 8.0, END: 5.0},
    "about": {SONG: 40.0, "home": 28.0, "about": 8.0, "help": 2.0, END: 12.0},
    "error": {SONG: 55.0, "home": 25.0, "help": 5.0, "logout": 2.0, END: 10.0},
    "submit_upgrade": {"home": 1.0},
    "submit_downgrade": {"home": 1.0},
}

PAGES: Final = tuple(page for page in _TRANSITIONS if page != START)
"""Every page that a transition can lead to."""

_UNREACHABLE: Final[dict[str, frozenset[str]]] = {
    "free": frozenset({"downgrade"}),
    "paid": frozenset({"roll_advert", "upgrade"}),
}

MOODS: Final = 3
"""Calm, uneasy, upset."""

_SOURED: Final[dict[str, tuple[float, float, float]]] = {
    "thumbs_down": (1.0, 1.35, 1.8),
    "downgrade": (1.0, 1.4, 2.0),
    "settings": (1.0, 1.3, 1.7),
    "help": (1.0, 1.2, 1.5),
    "logout": (1.0, 1.1, 1.2),
    "thumbs_up": (1.0, 0.9, 0.8),
    "add_friend": (1.0, 0.9, 0.75),
    "add_to_playlist": (1.0, 0.9, 0.8),
    "submit_upgrade": (1.0, 0.8, 0.6),
    END: (1.0, 1.15, 1.35),
}
"""How the mood multiplies the weights of pages."""

PLAN_AFTER: Final[dict[str, str]] = {"submit_upgrade": "paid", "submit_downgrade": "free"}

ANNOYANCE: Final[dict[str, float]] = {"error": 1.0, "roll_advert": 0.04, "thumbs_down": 0.2}
"""How much one such page adds to the frustration of a user of ordinary patience."""

CANCEL_PAGES: Final = ("downgrade", "settings", "roll_advert", "thumbs_down")
"""A user cancels straight from one of these pages and from no other."""

CHAT_CHANCE: Final[dict[str, float]] = {
    "error": 0.45,
    "roll_advert": 0.01,
    "thumbs_down": 0.02,
    "help": 0.22,
    "settings": 0.04,
    "downgrade": 0.06,
    "submit_upgrade": 0.05,
    "submit_downgrade": 0.15,
}
"""Chance that a user of ordinary talkativeness turns to support from the page, where there is a chat."""

CHAT_CAUSE: Final[dict[str, str]] = {
    "error": "error",
    "roll_advert": "advert",
    "thumbs_down": "question",
    "help": "question",
    "settings": "question",
    "downgrade": "bill",
    "submit_upgrade": "bill",
    "submit_downgrade": "bill",
}

EVENTFUL: Final = frozenset((*ANNOYANCE, *CANCEL_PAGES, *CHAT_CHANCE, *PLAN_AFTER))
"""Pages that may change more than where the user is."""


class Transitions(NamedTuple):
    """What can follow a page: the share of the likeliest, running shares, and the pages in the same order."""

    likeliest: float
    shares: Quantiles
    pages: tuple[str, ...]


Chain = dict[str, Transitions]


def page_chain(plan: str, mood: int, lean: Mapping[str, float]) -> Chain:
    """The transitions on `plan` in `mood`; nature and service of the user multiply the weights of pages by `lean`."""
    return {page: _transitions(weights, plan, mood, lean) for page, weights in _TRANSITIONS.items()}


def _transitions(weights: Mapping[str, float], plan: str, mood: int, lean: Mapping[str, float]) -> Transitions:
    leaning = {
        page: weight * lean.get(page, 1.0) * _SOURED.get(page, (1.0, 1.0, 1.0))[mood]
        for page, weight in weights.items()
        if page not in _UNREACHABLE[plan]
    }
    pages = tuple(sorted(leaning, key=lambda page: -leaning[page]))
    shares = cumulative(tuple(leaning[page] for page in pages))
    return Transitions(shares[0], shares, pages)
