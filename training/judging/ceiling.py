"""The ceiling: what scores are worth that know all there is to know. Only a simulated log has one.

An oracle tells the chance of churn within the horizon, given the hidden state of a user at a moment.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.dataset.examples import Examples
from training.dataset.splits import number, shares
from training.judging.evaluation import Judged, statistic_of
from training.judging.resampling import Weights, figures


class Moment(NamedTuple):
    """A user at a moment: `events` of theirs have been applied by then."""

    user: str
    events: int
    as_of_ms: int


Oracle = Callable[[Sequence[Moment]], NDArray[np.float64]]
"""The chance of churn within the horizon of each moment."""

MOMENTS = 5000
"""A thousand hold some forty churners: too few to tell a gap of 0.05 from one of 0.10."""

_STRENGTHS = (0.01, 1e6)
_BETTER = {"auc": 1, "log_loss": -1, "brier": -1}
"""Which figures have a gap to the ceiling, and whether more or less of them is better."""


def subsample(examples: Examples, names: Sequence[str], seed: int, moments: int = MOMENTS) -> NDArray[np.bool_]:
    """Which rows an oracle is asked about: so many of them, those with the lowest hashes of seed, user and moment."""
    numbers = np.array([number(seed, "ceiling", names[user]) for user in examples.rows.user.tolist()], np.uint64)
    lots = shares(numbers, examples.rows.as_of_ms)
    chosen = np.zeros(len(lots), np.bool_)
    chosen[np.argsort(lots, kind="stable")[:moments]] = True
    return chosen


def chances(oracle: Oracle, examples: Examples, names: Sequence[str]) -> NDArray[np.float64]:
    """What the oracle says of each row."""
    rows = examples.rows
    columns = zip(rows.user.tolist(), rows.events.tolist(), rows.as_of_ms.tolist(), strict=True)
    return oracle([Moment(names[user], events, as_of_ms) for user, events, as_of_ms in columns])


def estimated(shares: Sequence[float], rollouts: int) -> NDArray[np.float64]:
    """Chances from the shares of so many roll-outs in which users churn.

    Roll-outs spread shares further than the chances behind them, and none in 150 is no chance of nought: so shares are
    drawn to their mean as a beta prior asks for, which is fitted to them by moments and never looks at what came true.
    Their order stays.
    """
    every = np.asarray(shares, np.float64)
    if not len(every):
        return every
    mean = (every.sum() * rollouts + 0.5) / (len(every) * rollouts + 1)
    strength = _prior_strength(float(every.var()), float(mean * (1 - mean)), rollouts)
    return np.asarray((every * rollouts + mean * strength) / (rollouts + strength), np.float64)


def _prior_strength(spread: float, widest: float, rollouts: int) -> float:
    """How many roll-outs the prior is worth, given the variance of the shares and the widest one of their mean."""
    of_chances = (spread - widest / rollouts) * rollouts / max(rollouts - 1, 1)
    low, high = _STRENGTHS
    return high if of_chances <= widest / (high + 1) else max(widest / of_chances - 1, low)


def compare(model: Judged, oracle: Judged, seed: int) -> dict[str, Any]:
    """Model and oracle on the same snapshots, and how far the model lies from the ceiling, each with its interval."""
    of_model, of_oracle = statistic_of(model), statistic_of(oracle)

    def statistic(weight: Weights) -> dict[str, float]:
        here, there = of_model(weight), of_oracle(weight)
        pairs = {f"model_{name}": value for name, value in here.items()}
        pairs |= {f"oracle_{name}": value for name, value in there.items()}
        gaps = {f"{name}_gap": sign * (there[name] - here[name]) for name, sign in _BETTER.items()}
        return {**pairs, **gaps}

    return {**model.counts, **figures(statistic, model.user, seed)}
