"""After which pages users cancel: chances by page from how often each was visited by those who left and who stayed.

A user leaves at most once, from one of a few pages, and the table does not say from which. Expectation maximisation
shares each leaving out over the pages by how likely each explains it. With few leavings a prior is needed: as many
visits and cancellations as reasoning would have seen; whoever set it knew the rates on the 68-user log from earlier
studies. It is strong, for the users who leave differ by temperament as
well, and the counts alone would blame the pages for that.
"""

from collections.abc import Sequence
from typing import Final

from producers.simulator.pages import CANCEL_PAGES
from producers.simulator.portrait import Life

_PRIOR_VISITS: Final = 1_500.0
_PRIOR_CHANCE: Final = {"downgrade": 0.010, "settings": 0.006, "roll_advert": 0.0020, "thumbs_down": 0.0010}
_ROUNDS: Final = 200


def cancel_chances(lives: Sequence[Life]) -> dict[str, float]:
    """The chance to cancel straight after each page from which users cancel at all."""
    visits = {page: _PRIOR_VISITS + sum(life.visits.get(page, 0) for life in lives) for page in CANCEL_PAGES}
    leavers = [life for life in lives if life.churned]
    chances = dict(_PRIOR_CHANCE)
    for _ in range(_ROUNDS):
        blamed = {page: _PRIOR_VISITS * _PRIOR_CHANCE[page] for page in CANCEL_PAGES}
        for life in leavers:
            _blame(life, chances, blamed)
        chances = {page: blamed[page] / visits[page] for page in CANCEL_PAGES}
    return {page: round(chance, 6) for page, chance in chances.items()}


def _blame(life: Life, chances: dict[str, float], blamed: dict[str, float]) -> None:
    weights = {page: chances[page] * life.visits.get(page, 0) for page in CANCEL_PAGES}
    whole = sum(weights.values())
    for page, weight in weights.items():
        if whole:
            blamed[page] += weight / whole
