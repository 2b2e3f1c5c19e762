"""A support chat: opened, a few messages to and fro, closed; it goes well or badly, and the user's tone shows it."""

from collections.abc import Callable
from typing import Final, NamedTuple

from producers.simulator.draws import draw, exponential, normal

_MINUTE_MS: Final = 60_000
_REPLY: Final = exponential()
_SCATTER: Final = normal()

Uniform = Callable[[], float]


class Turn(NamedTuple):
    """One message: who speaks, after how long, and the sentiment in thousandths of -1..1."""

    direction: str
    wait_ms: int
    sentiment_milli: int


class Chat(NamedTuple):
    """How long after its cause a chat is opened, its messages, and how it ended."""

    opened_after_ms: int
    turns: tuple[Turn, ...]
    ended_badly: bool


def hold_chat(uniform: Uniform, tone: float, frustration: float) -> Chat:
    """A chat of a user whose usual tone is `tone` (-1..1) and who is frustrated to the given degree (0 is calm)."""
    ended_badly = uniform() < 0.2 + 0.5 * frustration / (1.0 + frustration)
    mood = tone - 0.5 * frustration / (1.5 + frustration)
    length = 2 + int(uniform() * 7)
    drift = -0.06 if ended_badly else 0.08
    turns = tuple(_turn(uniform, number, mood + drift * number) for number in range(length))
    return Chat(_wait_ms(uniform), turns, ended_badly)


def _turn(uniform: Uniform, number: int, mood: float) -> Turn:
    inbound = number % 2 == 0
    level, spread = (mood, 0.25) if inbound else (0.25, 0.12)
    sentiment = level + spread * draw(_SCATTER, uniform())
    milli = max(-1000, min(1000, round(sentiment * 1000.0)))
    return Turn("inbound" if inbound else "outbound", _wait_ms(uniform), milli)


def _wait_ms(uniform: Uniform) -> int:
    return 2_000 + int(draw(_REPLY, uniform()) * _MINUTE_MS)
