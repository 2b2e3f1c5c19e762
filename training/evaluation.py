"""How good a model is on users and times that it has not seen, and how sure one can be of that."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from stream_app.core.fold import Integers
from stream_app.core.scoring import Scores

_RESAMPLES = 200
_INTERVAL = (2.5, 97.5)


def evaluate(churned: NDArray[np.int8], scores: Scores, user: Integers, seed: int) -> dict[str, Any]:
    """Metrics over snapshots, and the AUC as well with every user weighing the same, however active.

    AUCs come with a 95 % interval by bootstrap over users, because the snapshots of one user are alike.
    """
    _, place, count = np.unique(user, return_inverse=True, return_counts=True)
    by_user = _Ranking(churned, scores, place, 1.0 / count[place])
    by_snapshot = _Ranking(churned, scores, place, np.ones(len(place)))
    scores = scores.astype(np.float64)
    return {
        "auc": by_snapshot.auc(),
        "auc_interval": by_snapshot.interval(seed),
        "user_auc": by_user.auc(),
        "user_auc_interval": by_user.interval(seed),
        "pr_auc": _rounded(average_precision_score(churned, scores)),
        "log_loss": _rounded(log_loss(churned, scores)),
        "brier": _rounded(brier_score_loss(churned, scores)),
        "base_rate": _rounded(np.mean(churned)),
        "snapshots": len(churned),
        "users": len(np.unique(user)),
        "churners": len(np.unique(user[churned == 1])),
    }


@dataclass(frozen=True)
class _Ranking:
    """Weighted snapshots with their scores; `user` numbers their users from 0."""

    churned: NDArray[np.int8]
    scores: Scores
    user: Integers
    weight: NDArray[np.float64]

    def auc(self) -> float:
        return _rounded(self._auc(self.weight))

    def interval(self, seed: int) -> list[float]:
        random, users = np.random.default_rng(seed), int(self.user.max()) + 1
        aucs: list[float] = []
        while len(aucs) < _RESAMPLES:
            times = np.bincount(random.integers(0, users, users), minlength=users)[self.user]
            if len(np.unique(self.churned[times > 0])) == 2:
                aucs.append(self._auc(self.weight * times))
        return [_rounded(bound) for bound in np.percentile(aucs, _INTERVAL)]

    def _auc(self, weight: NDArray[np.float64]) -> float:
        return float(roc_auc_score(self.churned, self.scores, sample_weight=weight))


def _rounded(value: float | np.floating[Any]) -> float:
    return round(float(value), 4)
