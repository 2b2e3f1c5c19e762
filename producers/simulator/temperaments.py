"""The hidden kinds of user: what they share in, how often they come, and how they take what happens to them.

Nothing here is ever written into an event; a model has to find it in what users do. The leans say in which direction a
kind differs; how far kinds lie apart on each page is fitted.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from producers.simulator.draws import cumulative
from producers.simulator.pages import END


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


CONTENT: Final = Temperament(
    share=0.34,
    paid_share=0.7,
    gap_days=2.2,
    lean={"thumbs_up": 1.25, "thumbs_down": 0.7, "downgrade": 0.75, "settings": 0.8, "roll_advert": 0.8, END: 0.85},
    patience=1.6,
    cancel_factor=0.35,
    chat_factor=0.6,
    bill_dispute=0.02,
    tone=0.3,
)
CASUAL: Final = Temperament(
    share=0.20,
    paid_share=0.5,
    gap_days=3.2,
    lean={
        "home": 1.1,
        "add_friend": 0.8,
        "thumbs_up": 0.8,
        "add_to_playlist": 0.85,
        "downgrade": 0.85,
        "roll_advert": 0.9,
        END: 1.2,
    },
    patience=1.5,
    cancel_factor=0.6,
    chat_factor=0.5,
    bill_dispute=0.02,
    tone=0.15,
)
HEAVY: Final = Temperament(
    share=0.12,
    paid_share=0.8,
    gap_days=1.5,
    lean={
        "add_to_playlist": 1.2,
        "add_friend": 1.25,
        "thumbs_up": 1.1,
        "downgrade": 0.75,
        "thumbs_down": 0.8,
        END: 0.8,
    },
    patience=1.8,
    cancel_factor=0.35,
    chat_factor=0.5,
    bill_dispute=0.03,
    tone=0.25,
)
ADVERT_WEARY: Final = Temperament(
    share=0.13,
    paid_share=0.15,
    gap_days=2.2,
    lean={"roll_advert": 1.7, "thumbs_down": 1.3, "thumbs_up": 0.85, "upgrade": 0.7, "settings": 1.15, END: 1.3},
    patience=0.8,
    cancel_factor=2.0,
    chat_factor=1.4,
    bill_dispute=0.06,
    tone=-0.15,
)
BARGAIN_HUNTER: Final = Temperament(
    share=0.11,
    paid_share=0.85,
    gap_days=2.0,
    lean={"downgrade": 1.6, "settings": 1.4, "add_friend": 0.8, "thumbs_down": 1.25, "thumbs_up": 1.1, END: 1.2},
    patience=0.9,
    cancel_factor=2.4,
    chat_factor=1.3,
    bill_dispute=0.3,
    tone=-0.1,
)
TROUBLED: Final = Temperament(
    share=0.10,
    paid_share=0.65,
    gap_days=2.2,
    lean={"error": 3.0, "help": 1.5, "thumbs_down": 1.4, "settings": 1.25, "thumbs_up": 0.8, "logout": 1.2, END: 1.25},
    patience=0.8,
    cancel_factor=1.4,
    chat_factor=1.4,
    bill_dispute=0.1,
    tone=-0.25,
)

TEMPERAMENTS: Final = (CONTENT, CASUAL, HEAVY, ADVERT_WEARY, BARGAIN_HUNTER, TROUBLED)
SHARES: Final = cumulative(tuple(temperament.share for temperament in TEMPERAMENTS))
