"""How well scores put churners first, over weighted snapshots: AUC, PR-AUC, lift, and the curves behind them."""

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers
from training.judging.resampling import Weights

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
_NONE = float("nan")


class Ranking:
    """Snapshots from the highest score to the lowest; equal scores are told apart by nothing and share a place."""

    def __init__(self, churned: NDArray[np.int8], scores: NDArray[np.floating]) -> None:
        self._order = np.argsort(-scores, kind="stable")
        self._churned = churned[self._order].astype(np.float64)
        ordered = scores[self._order]
        self._last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)

    def auc(self, weight: Weights) -> float:
        """The chance that a churner scores higher than a stayer, a tie counting half; NaN without either."""
        churners, stayers = self._found(weight)
        if not churners[-1] or not stayers[-1]:
            return _NONE
        return float(np.trapezoid(churners, stayers) / (churners[-1] * stayers[-1]))

    def pr_auc(self, weight: Weights) -> float:
        """Average precision: the mean precision at each churner found; NaN without a churner."""
        churners, stayers = self._found(weight)
        if not churners[-1]:
            return _NONE
        named = churners + stayers
        precision = np.divide(churners, named, out=np.zeros_like(named), where=named > 0)
        return float(np.sum(precision[1:] * np.diff(churners)) / churners[-1])

    def lift(self, weight: Weights, share: float) -> float:
        """How many times the base rate the churn is among the highest-scored `share` of the snapshots."""
        churners, stayers = self._found(weight)
        if not churners[-1]:
            return _NONE
        named = churners + stayers
        return float(np.interp(share * named[-1], named, churners) / (share * churners[-1]))

    def roc(self) -> Curve:
        """Share of stayers named against share of churners named, from nobody to everybody."""
        churners, stayers = self._found(np.ones(len(self._order)))
        return stayers / stayers[-1], churners / churners[-1]

    def precision_recall(self) -> Curve:
        """Share of churners named against precision, from the first one named on."""
        churners, stayers = self._found(np.ones(len(self._order)))
        return churners[1:] / churners[-1], churners[1:] / (churners + stayers)[1:]

    def _found(self, weight: Weights) -> tuple[Weights, Weights]:
        """Weight of churners and of stayers down to each distinct score, from 0 on."""
        ordered = weight[self._order]
        churners = np.cumsum(ordered * self._churned)[self._last]
        named = np.cumsum(ordered)[self._last]
        return np.concatenate([[0.0], churners]), np.concatenate([[0.0], named - churners])


def weight_by_user(user: Integers) -> Weights:
    """Weights by which every user weighs the same, however many rows are theirs; `user` numbers them from 0."""
    counts = np.bincount(user)
    return np.asarray(1.0 / counts[user], np.float64)
