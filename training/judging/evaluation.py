"""How good scores are on snapshots whose label is known, and how sure one can be of that."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers
from training.dataset.labels import CHURNED
from training.judging.calibration import log_odds, recalibration, reliability
from training.judging.ranking import Ranking, weight_by_user
from training.judging.resampling import Statistic, Weights, figures, numbered

LIFTS = (1, 2, 5, 10)
"""Per cent of the snapshots."""
_EDGE = 1e-7


@dataclass(frozen=True)
class Judged:
    """Scored snapshots and what came of their users; `user` tells whose rows they are."""

    churned: NDArray[np.int8]
    scores: NDArray[np.floating]
    user: Integers

    def __len__(self) -> int:
        return len(self.user)

    def where(self, chosen: NDArray[np.bool_]) -> "Judged":
        """The rows that are chosen."""
        return Judged(self.churned[chosen], self.scores[chosen], self.user[chosen])

    @property
    def counts(self) -> dict[str, int]:
        """How many snapshots there are, of how many users, and how many of these churn within a snapshot's horizon."""
        churners = np.unique(self.user[self.churned == CHURNED])
        return {"snapshots": len(self), "users": len(np.unique(self.user)), "churners": len(churners)}

    @cached_property
    def ranking(self) -> Ranking:
        """The snapshots in order of their scores."""
        return Ranking(self.churned, self.scores)


def evaluate(judged: Judged, seed: int) -> dict[str, Any]:
    """All figures over snapshots, each with its interval, the AUC as well with every user weighing the same.

    `mean_score` against `base_rate` is calibration in the large; `calibration_slope` and `_intercept` are those of the
    recalibration line; `lift_5` is the lift among the 5 % of the snapshots that score highest.
    """
    return {
        **judged.counts,
        **figures(statistic_of(judged), judged.user, seed),
        "reliability": reliability(judged.churned, judged.scores.astype(np.float64), judged.user, seed),
    }


def statistic_of(judged: Judged) -> Statistic:
    """The figures of these snapshots, from a weight per row."""
    user, churned, scores = numbered(judged.user), judged.churned, judged.scores.astype(np.float64)
    by_user, odds = weight_by_user(user), log_odds(scores)
    losses = -np.log(np.clip(np.where(churned == CHURNED, scores, 1 - scores), _EDGE, 1.0))
    squares = (scores - churned) ** 2

    def statistic(weight: Weights) -> dict[str, float]:
        whole, ranking = weight.sum(), judged.ranking
        slope, intercept = recalibration(churned, odds, weight)
        return {
            "auc": ranking.auc(weight),
            "user_auc": ranking.auc(weight * by_user),
            "pr_auc": ranking.pr_auc(weight),
            "base_rate": float(weight @ churned / whole),
            "mean_score": float(weight @ scores / whole),
            "log_loss": float(weight @ losses / whole),
            "brier": float(weight @ squares / whole),
            "calibration_slope": slope,
            "calibration_intercept": intercept,
            **{f"lift_{percent}": ranking.lift(weight, percent / 100) for percent in LIFTS},
        }

    return statistic


def auc_only(judged: Judged, seed: int) -> dict[str, Any]:
    """The AUC with its interval, for a part of the users; None for both where all of them stay or all churn."""
    if not len(judged):
        return {**judged.counts, "auc": {"value": None, "interval": None}}
    found = figures(lambda weight: {"auc": judged.ranking.auc(weight)}, judged.user, seed)
    return {**judged.counts, **found}
