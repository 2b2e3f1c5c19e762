"""A support chat: opened for a cause, messages to and fro, closed; how it goes shows in tone, words and waiting.

A chat is a value that every step replaces. What is still to come is not drawn before it happens.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from producers.simulator.draws import draw, exponential, milliseconds, normal
from producers.simulator.temperaments import Temperament

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_SCATTER: Final = normal()
_WAITS_MS: Final = milliseconds(exponential(), 1.0 * _MINUTE_MS, 2_000)
_CELLS: Final = len(_WAITS_MS)
_BUSY: Final = (0.8,) * 7 + (1.0, 1.2, 1.5, 1.6, 1.6, 1.8, 1.6, 1.3, 1.2, 1.2, 1.5, 2.0, 2.2, 2.0, 1.6, 1.2, 0.9)
"""How much slower support replies in each hour of the day (UTC)."""
_BAD_SLOWNESS: Final = 2.5
_PATIENT_MS: Final = 10.0 * _MINUTE_MS
_LONG_WAIT: Final = 0.25
"""How much a very long wait adds to the frustration of a user of ordinary patience."""
_BAD_ENDING: Final = 0.5
_GOOD_ENDING_FACTOR: Final = 0.5
_INTENT_ABOVE: Final = 1.5
_INTENT_CHANCE: Final = 0.35

Uniform = Callable[[], float]


class Chat(NamedTuple):
    """A chat in progress: its cause, whether it goes badly, the user's mood at its start, messages said and to say."""

    cause: str
    badly: bool
    mood: float
    said: int
    length: int

    @property
    def inbound(self) -> bool:
        """Whether it is the user's turn."""
        return self.said % 2 == 0


class Turn(NamedTuple):
    """One message: after how long it is said, its sentiment in thousandths of -1..1, whether it threatens to leave."""

    wait_ms: int
    sentiment_milli: int
    cancel_intent: bool


def open_chat(uniform: Uniform, cause: str, temperament: Temperament, frustration: float) -> Chat:
    """A chat of a user who is frustrated to the given degree (0 is calm)."""
    badly = uniform() < 0.15 + 0.35 * frustration / (1.0 + frustration)
    mood = temperament.tone - 0.6 * frustration / (1.5 + frustration)
    length = 2 + int(uniform() * (5 if cause == "question" else 7))
    return Chat(cause, badly, mood, 0, length)


def opening_wait_ms(uniform: Uniform) -> int:
    """How long after its cause a chat is opened."""
    return _WAITS_MS[int(uniform() * _CELLS)]


def next_turn(uniform: Uniform, chat: Chat, now_ms: int, slowness: float, frustration: float) -> Turn:
    """The next message; support is `slowness` times as slow as usual, slower still at busy hours and in a bad chat."""
    wait_ms = _WAITS_MS[int(uniform() * _CELLS)]
    level, spread, intent = 0.25, 0.12, False
    if chat.inbound:
        level, spread = chat.mood + (-0.06 if chat.badly else 0.08) * chat.said, 0.25
        intent = frustration > _INTENT_ABOVE and uniform() < _INTENT_CHANCE
    else:
        slowness *= _BUSY[now_ms // _HOUR_MS % 24] * (_BAD_SLOWNESS if chat.badly else 1.0)
        wait_ms = int(wait_ms * slowness)
    sentiment = level + spread * draw(_SCATTER, uniform())
    return Turn(wait_ms, max(-1000, min(1000, int(sentiment * 1000.0))), intent)


def after_wait(frustration: float, wait_ms: int, patience: float) -> float:
    """A user's frustration once support has kept them waiting."""
    return frustration + _LONG_WAIT * wait_ms / (_PATIENT_MS + wait_ms) / patience


def after_chat(frustration: float, badly: bool) -> float:
    """A user's frustration once the chat is closed."""
    return frustration + _BAD_ENDING if badly else frustration * _GOOD_ENDING_FACTOR
