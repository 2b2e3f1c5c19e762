"""The services whose users are simulated: alike in kind, a little different in what they ask of users, half with chat.

A model that learns from several services learns about users, not about one company. No event names its service.
"""

import math
from bisect import bisect_right
from functools import lru_cache
from random import Random
from typing import Final

from msgspec import Struct

from producers.simulator.draws import Quantiles, draw, lognormal, milliseconds
from producers.simulator.pages import CHAT_CHANCE, MOODS, Chain, page_chain
from producers.simulator.parameters import Parameters
from producers.simulator.temperaments import SHARES, TEMPERAMENTS, Temperament

SERVICES: Final = 8
"""Even ones have a chat, odd ones have none."""

_DAY_MS: Final = 86_400_000
_SONGS: Final = lognormal(0.3)
_RATE: Final = lognormal(0.2)
_FAULTS: Final = lognormal(0.35)
_PRICE: Final = lognormal(0.15)
_SLOWNESS: Final = lognormal(0.3)


class Service(Struct, frozen=True, kw_only=True):
    """What makes a service different; factors are relative to an ordinary one."""

    has_chat: bool
    advert_load: float = 1.0
    error_rate: float = 1.0
    price_sensitivity: float = 1.0
    reply_slowness: float = 1.0

    def lean(self) -> dict[str, float]:
        """By how much the service multiplies the weights of pages."""
        return {"roll_advert": self.advert_load, "error": self.error_rate, "downgrade": self.price_sensitivity}


class Character(Struct, frozen=True, kw_only=True):
    """A temperament at a service, with all tables that living through a session needs."""

    temperament: Temperament
    service: Service
    chains: tuple[tuple[Chain, ...], tuple[Chain, ...]]
    cancel_chance: dict[str, float]
    chat_chance: dict[str, float]
    gap_ms: float
    paid_share: float


def draw_services(seed: int) -> tuple[Service, ...]:
    """The services of a population: drawn in mirrored pairs, so that their middle is the ordinary service."""
    uniform = Random(f"services of {seed}").random
    first = [tuple(uniform() for _ in range(4)) for _ in range(SERVICES // 2)]
    mirrored = [tuple(1.0 - 1e-12 - level for level in levels) for levels in reversed(first)]
    return tuple(_service(number, levels) for number, levels in enumerate(first + mirrored))


def _service(number: int, levels: tuple[float, ...]) -> Service:
    return Service(
        has_chat=number % 2 == 0,
        advert_load=draw(_RATE, levels[0]),
        error_rate=draw(_FAULTS, levels[1]),
        price_sensitivity=draw(_PRICE, levels[2]),
        reply_slowness=draw(_SLOWNESS, levels[3]),
    )


class Society:
    """Who can be met in a population of a seed: its services and the characters at each of them."""

    def __init__(self, seed: int, parameters: Parameters, services: tuple[Service, ...] | None = None) -> None:
        self.seed = seed
        self.parameters = parameters
        self.services = draw_services(seed) if services is None else services
        self.activity: Quantiles = lognormal(parameters.activity_sigma)
        self.songs_ms = milliseconds(_SONGS, parameters.song_s * 1000.0)
        self._characters: dict[tuple[int, int], Character] = {}

    def character(self, user: int, level: float) -> Character:
        """The character of a user by number; `level`, a uniform number in [0, 1), chooses the temperament."""
        place = self._service_of(user), bisect_right(SHARES, level)
        if place not in self._characters:
            self._characters[place] = self._character(self.services[place[0]], TEMPERAMENTS[place[1]])
        return self._characters[place]

    def _service_of(self, user: int) -> int:
        block, place = divmod(user, len(self.services))
        return _shuffled(self.seed, block, len(self.services))[place]

    def _character(self, service: Service, temperament: Temperament) -> Character:
        lean = self._lean(service, temperament)
        price = temperament.cancel_factor * service.price_sensitivity
        talk = temperament.chat_factor if service.has_chat else 0.0
        chances = self.parameters.cancel_chances
        return Character(
            temperament=temperament,
            service=service,
            chains=(_moods("free", lean), _moods("paid", lean)),
            cancel_chance={page: chance * price for page, chance in chances.items()},
            chat_chance={page: chance * talk for page, chance in CHAT_CHANCE.items()},
            gap_ms=self._gap_ms(temperament),
            paid_share=min(0.97, temperament.paid_share * self.parameters.paid_factor),
        )

    def _gap_ms(self, temperament: Temperament) -> float:
        rarely = round(math.pow(temperament.cancel_factor, self.parameters.gap_power), 6)
        return temperament.gap_days * self.parameters.gap_factor * rarely * _DAY_MS

    def _lean(self, service: Service, temperament: Temperament) -> dict[str, float]:
        strengths, lean, of_service = self.parameters.lean_strengths, temperament.lean, service.lean()
        return {
            page: factor * round(math.pow(lean.get(page, 1.0), strengths.get(page, 1.0)), 6) * of_service.get(page, 1.0)
            for page, factor in self.parameters.page_factors.items()
        }


@lru_cache(maxsize=64)
def _shuffled(seed: int, block: int, services: int) -> list[int]:
    """Each run of as many users as there are services holds every service once, in an order of its own."""
    order = list(range(services))
    Random(f"users {block} of {seed}").shuffle(order)
    return order


def _moods(plan: str, lean: dict[str, float]) -> tuple[Chain, ...]:
    return tuple(page_chain(plan, mood, lean) for mood in range(MOODS))
