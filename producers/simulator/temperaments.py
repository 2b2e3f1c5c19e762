"""The hidden kinds of user: what they share in, how often they come, and how they take what happens to them.

Nothing here is ever written into an event; a model has to find it in what users do.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from producers.simulator.draws import cumulative
from producers.simulator.pages import END, MOODS, Chain, page_chain


class Temperament(Struct, frozen=True, kw_only=True):
    """A kind of user; factors are relative to an ordinary user.

    `share` of all users, of whom `paid_share` begin on the paid plan; `gap_days` between sessions at median activity;
    `lean` multiplies the weights of pages; annoyances are divided by `patience`; `bill_dispute` is the chance that a
    bill leads to a chat; `tone` is the usual sentiment (-1..1) of what they write.
    """

    share: float
    paid_share: float
    gap_days: float
    lean: Mapping[str, float]
    patience: float
    cancel_factor: float
    chat_factor: float
    bill_dispute: float
    tone: float

    def chains(self) -> dict[tuple[str, int], Chain]:
        """The page transitions by plan and mood."""
        return {(plan, mood): page_chain(plan, mood, self.lean) for plan in ("free", "paid") for mood in range(MOODS)}


CONTENT: Final = Temperament(
    share=0.36,
    paid_share=0.55,
    gap_days=3.0,
    lean={"thumbs_up": 1.15, "thumbs_down": 0.6, "downgrade": 0.7, "settings": 0.8, "roll_advert": 0.7, "error": 0.5},
    patience=2.5,
    cancel_factor=1.15,
    chat_factor=0.35,
    bill_dispute=0.01,
    tone=0.3,
)
CASUAL: Final = Temperament(
    share=0.20,
    paid_share=0.35,
    gap_days=5.0,
    lean={"home": 1.4, "add_friend": 0.8, "roll_advert": 0.7, "downgrade": 0.7, "thumbs_down": 0.7, END: 1.5},
    patience=2.0,
    cancel_factor=1.6,
    chat_factor=0.35,
    bill_dispute=0.02,
    tone=0.15,
)
HEAVY: Final = Temperament(
    share=0.1,
    paid_share=0.8,
    gap_days=1.8,
    lean={
        "add_to_playlist": 1.5,
        "add_friend": 1.3,
        "downgrade": 0.5,
        "settings": 0.6,
        "thumbs_down": 0.6,
        "error": 0.5,
    },
    patience=3.0,
    cancel_factor=0.9,
    chat_factor=0.3,
    bill_dispute=0.02,
    tone=0.25,
)
ADVERT_WEARY: Final = Temperament(
    share=0.14,
    paid_share=0.08,
    gap_days=3.0,
    lean={"roll_advert": 2.0, "thumbs_down": 1.8, "thumbs_up": 0.8, "upgrade": 0.5, "settings": 1.5, END: 1.8},
    patience=0.8,
    cancel_factor=0.8,
    chat_factor=1.8,
    bill_dispute=0.1,
    tone=-0.2,
)
BARGAIN_HUNTER: Final = Temperament(
    share=0.10,
    paid_share=0.9,
    gap_days=3.2,
    lean={"downgrade": 2.6, "settings": 2.2, "submit_downgrade": 0.8, "add_friend": 0.6, "thumbs_down": 1.4, END: 1.5},
    patience=0.8,
    cancel_factor=0.85,
    chat_factor=1.8,
    bill_dispute=0.5,
    tone=-0.15,
)
TROUBLED: Final = Temperament(
    share=0.10,
    paid_share=0.7,
    gap_days=3.0,
    lean={"error": 18.0, "help": 2.5, "thumbs_down": 2.0, "settings": 1.8, "thumbs_up": 0.7, "logout": 1.5, END: 1.6},
    patience=0.7,
    cancel_factor=0.36,
    chat_factor=1.6,
    bill_dispute=0.15,
    tone=-0.35,
)

TEMPERAMENTS: Final = (CONTENT, CASUAL, HEAVY, ADVERT_WEARY, BARGAIN_HUNTER, TROUBLED)
SHARES: Final = cumulative(tuple(temperament.share for temperament in TEMPERAMENTS))
CHAINS: Final = tuple(temperament.chains() for temperament in TEMPERAMENTS)
