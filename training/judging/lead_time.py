"""How long before they leave churners are named: from the first score at which an alert fires."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_app.core.durations import HOUR_MS
from stream_app.core.scoring import Scores
from stream_app.core.tables import Integers
from training.dataset.labels import NEVER
from training.dataset.snapshots import Snapshots
from training.judging.resampling import Weights, figures

_QUARTILES = (25, 50, 75)
_NONE = float("nan")


@dataclass(frozen=True)
class Naming:
    """Per user that was ever scored: when first named (NEVER: not), when last named, and the churn (NEVER: stays)."""

    first_ms: Integers
    last_ms: Integers
    churn_ms: Integers

    @property
    def hours(self) -> Weights:
        """Hours from the first naming to the churn, of the churners who were named."""
        named = (self.first_ms != NEVER) & (self.churn_ms != NEVER)
        return np.asarray((self.churn_ms - self.first_ms)[named] / HOUR_MS, np.float64)


def naming(rows: Snapshots, scores: Scores, churn_ms: Integers, enter: float) -> Naming:
    """Whom scores of at least `enter` name, and when. `churn_ms` is per user; the rows are each user's whole life."""
    return named_by(rows, scores >= np.float32(enter), churn_ms)


def named_by(rows: Snapshots, over: NDArray[np.bool_], churn_ms: Integers) -> Naming:
    """Whom the rows that are `over` name, and when."""
    users, user = np.unique(rows.user, return_inverse=True)
    first, last = np.full(len(users), NEVER), np.full(len(users), -1)
    np.minimum.at(first, user[over], rows.as_of_ms[over])
    np.maximum.at(last, user[over], rows.as_of_ms[over])
    return Naming(first, last, churn_ms[users])


def highest(scores: NDArray[np.floating], most: int) -> NDArray[np.bool_]:
    """The rows that score highest, at most so many: of equal scores all or none."""
    if most >= len(scores):
        return np.ones(len(scores), np.bool_)
    return np.asarray(scores > np.sort(scores)[::-1][most])


def lead_time(named: Naming, horizon_ms: int, seed: int) -> dict[str, Any]:
    """Shares of churners and of stayers who are named, and quartiles of the churners' lead time in hours.

    `named_within_horizon` is the share of churners with such a score in the last days before they churn, so many as
    the horizon has: the first one may have been long before.
    """
    churner, hit = named.churn_ms != NEVER, named.first_ms != NEVER
    hours = np.where(churner & hit, (named.churn_ms - named.first_ms) / HOUR_MS, 0.0)
    near = churner & hit & (named.last_ms >= named.churn_ms - horizon_ms)

    def statistic(weight: Weights) -> dict[str, float]:
        lead = np.repeat(hours, (weight * (churner & hit)).astype(np.int64))
        return {
            "churners_named": _share(weight, churner & hit, churner),
            "churners_named_within_horizon": _share(weight, near, churner),
            "stayers_named": _share(weight, ~churner & hit, ~churner),
            **{f"hours_p{q}": float(np.percentile(lead, q)) if len(lead) else _NONE for q in _QUARTILES},
        }

    found = figures(statistic, np.arange(len(hit)), seed)
    return {"users": len(hit), "churners": int(churner.sum()), **found}


def _share(weight: Weights, part: Weights, whole: Weights) -> float:
    of = float(weight @ whole)
    return float(weight @ part) / of if of else _NONE
