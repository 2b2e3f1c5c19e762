"""Loads in which some activities are chat messages instead, and some of the others carry measures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.speed.load import Chunk

_SEED: Final = 11
_DIFFERENT: Final = 512
"""So many texts of each kind are made beforehand."""
_ACTIVITY, _MESSAGE = b'{"type":"churn.activity.v1"', b'{"type":"churn.message.v1"'
_DATA = b'"data":{'
_WORDS: Final = (
    "The same advert again, it is unbearable.",
    "Thank you, that helped at once.",
    "How can I change my plan?",
    "The app stops in the middle of every second song.",
)


@dataclass(frozen=True)
class Blend:
    """Percent of events that are chat messages with a sentiment, and of the activities that carry two measures."""

    chats: float = 0.0
    measures: float = 0.0


ACTIVITIES_ALONE: Final = Blend()


def blended(chunks: Iterable[Chunk], blend: Blend) -> Iterator[Chunk]:
    """The same users at the same times under the same ids; the same arguments give the same bytes."""
    if blend == ACTIVITIES_ALONE:
        yield from chunks
        return
    random = np.random.default_rng(_SEED)
    messages, measures = _messages(random), _measures(random)
    for keys, values in chunks:
        draws = 100 * random.random((2, len(values)))
        texts = random.integers(_DIFFERENT, size=len(values)).tolist()
        chats, measured = (draws[0] < blend.chats).tolist(), (draws[1] < blend.measures).tolist()
        made = list(values)
        for place, text in enumerate(texts):
            if chats[place]:
                made[place] = _as_message(made[place], messages[text])
            elif measured[place]:
                made[place] = made[place][:-2] + measures[text]
        yield Chunk(keys, made)


def _as_message(activity: bytes, data: bytes) -> bytes:
    return _MESSAGE + activity[len(_ACTIVITY) : activity.index(_DATA)] + data


def _messages(random: np.random.Generator) -> Sequence[bytes]:
    """Data of inbound messages, the event's end behind them."""
    sentiments = np.round(random.uniform(-1, 1, _DIFFERENT), 3).tolist()
    return [
        f'"data":{{"conversation_ref":"c-{number}","direction":"inbound",'
        f'"text":"{_WORDS[number % len(_WORDS)]}","sentiment":{sentiment}}}}}'.encode()
        for number, sentiment in enumerate(sentiments)
    ]


def _measures(random: np.random.Generator) -> Sequence[bytes]:
    """What follows an action where the activity carries an amount and minutes, the event's end behind it."""
    amounts, minutes = np.round(random.uniform(0, 100, _DIFFERENT), 2), random.integers(1, 240, _DIFFERENT)
    return [
        f',"measures":{{"amount":{amount},"minutes":{minute}}}}}}}'.encode()
        for amount, minute in zip(amounts.tolist(), minutes.tolist(), strict=True)
    ]
