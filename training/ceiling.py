"""The ceiling: what scores are worth that know all there is to know. Only a simulated log has one.

An oracle tells the chance of churn within the horizon, given the hidden state of a user at a moment.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.draws import number, shares
from training.evaluation import LIFTS, Judged
from training.examples import Examples
from training.resampling import Weights, figures


class Moment(NamedTuple):
    """A user at a moment: `events` of theirs have been applied by then."""

    user: str
    events: int
    as_of_ms: int


Oracle = Callable[[Sequence[Moment]], NDArray[np.float64]]
"""The chance of churn within the horizon of each moment."""

MOMENTS = 5000
"""A thousand hold some forty churners: too few to tell a gap of 0.05 from one of 0.10."""


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


def compare(model: Judged, oracle: Judged, seed: int) -> dict[str, Any]:
    """Model and oracle on the same snapshots, and how far the model's AUC lies below, each with its interval."""

    def measure(weight: Weights) -> dict[str, float]:
        here, there = _ordered(model, weight), _ordered(oracle, weight)
        pairs = {f"model_{name}": value for name, value in here.items()}
        pairs |= {f"oracle_{name}": value for name, value in there.items()}
        return {**pairs, "auc_gap": there["auc"] - here["auc"]}

    return {**model.counts, **figures(measure, model.user, seed)}


def _ordered(judged: Judged, weight: Weights) -> dict[str, float]:
    ranking = judged.ranking
    lifts = {f"lift_{percent}": ranking.lift(weight, percent / 100) for percent in LIFTS}
    brier = float(weight @ (judged.scores.astype(np.float64) - judged.churned) ** 2 / weight.sum())
    return {"auc": ranking.auc(weight), "pr_auc": ranking.pr_auc(weight), "brier": brier, **lifts}
