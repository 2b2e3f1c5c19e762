"""The fitted parameters of the simulator, with what they were fitted on, to which target and how well.

`parameters.json` is written by `churn simulator fit`; it holds aggregates only, nothing of any one user.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

PLACE: Final = Path(__file__).with_name("parameters.json")


class Portrait(msgspec.Struct, frozen=True, kw_only=True):
    """What a population of users does, in aggregates; of a real one or a simulated one.

    `mix` and its kind for churners and stayers are per cent of all events by page. `spread` is by page the squared
    coefficient of variation of users' rates, less what chance alone gives; `activity_spread` is the standard deviation
    of the logarithm of users' sessions a day. `free_advert_share` is what per cent of the events of users who
    never paid are adverts. `ever_paid` and `churned` are shares of users.
    """

    users: int
    mix: dict[str, float]
    churner_mix: dict[str, float]
    stayer_mix: dict[str, float]
    spread: dict[str, float]
    sessions_per_day: float
    churner_sessions_per_day: float
    stayer_sessions_per_day: float
    activity_spread: float
    events_per_session: float
    churner_events_per_session: float
    stayer_events_per_session: float
    free_advert_share: float
    ever_paid: float
    churned: float


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """What the parameters were fitted on, and by what run."""

    fitted_on: str
    source_sha256: str
    excluded: str
    seed: int
    users: int
    days: int
    rounds: int


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """What fitting found.

    `page_factors` multiply the weights of transitions to a page (`end` is the session's end). `lean_strengths` are the
    powers to which the temperaments' leans are raised. `cancel_chances` are those of an ordinary, slightly frustrated
    user straight after a page. The days between sessions are multiplied by `gap_factor` and by the temperament's cancel
    factor to the power `gap_power`: how far those who are likely to leave come less often.
    """

    page_factors: dict[str, float]
    lean_strengths: dict[str, float]
    cancel_chances: dict[str, float]
    gap_factor: float
    gap_power: float
    activity_sigma: float
    paid_factor: float
    song_s: float


class FittedParameters(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file: origin, parameters, the target, and what the simulator achieves with the parameters."""

    origin: Provenance
    parameters: Parameters
    target: Portrait
    achieved: Portrait


@lru_cache(maxsize=1)
def fitted() -> FittedParameters:
    """The committed parameters."""
    return msgspec.json.decode(PLACE.read_bytes(), type=FittedParameters)
