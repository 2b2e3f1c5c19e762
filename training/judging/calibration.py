"""Whether scores can be read as probabilities: a recalibration line, and churn against score in ten bins.

Slope and intercept are those of the logistic regression of what happened on the log-odds of the score (Cox): 1 and 0
for honest probabilities, a slope below 1 for scores that are too sure of themselves. Unlike the expected calibration
error they need no bins and do not grow by chance alone where few churn.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_app.core.tables import Integers
from training.judging.resampling import Weights, figures, rounded

BINS = 10
_EDGE = 1e-6
_STEPS = 50
_CLOSE = 1e-6
_PULL = 0.01
_HONEST = np.array([0.0, 1.0])


def log_odds(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-odds of probabilities, those of 0 and 1 kept finite."""
    inside = np.clip(scores.astype(np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))


def recalibration(churned: NDArray[np.int8], odds: NDArray[np.float64], weight: Weights) -> tuple[float, float]:
    """Slope and intercept by Newton's method, with halved steps where a whole one would make things worse.

    A faint pull to 1 and 0 keeps them finite where few churn.
    """
    sides, line = np.stack([np.ones_like(odds), odds]), np.array([0.0, 0.0])

    def loss(line: Weights) -> float:
        along = line @ sides
        return float(weight @ (np.logaddexp(0.0, along) - churned * along) + _PULL / 2 * np.sum((line - _HONEST) ** 2))

    now = loss(line)
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-(line @ sides)))
        down = sides @ (weight * (expected - churned)) + _PULL * (line - _HONEST)
        curvature = (sides * (weight * expected * (1 - expected))) @ sides.T + _PULL * np.eye(2)
        step = np.linalg.solve(curvature, down)
        while (then := loss(line - step)) > now and np.abs(step).max() > _CLOSE:
            step = step / 2
        line, now = line - step, then
        if np.abs(step).max() <= _CLOSE:
            break
    return float(line[1]), float(line[0])


def reliability(
    churned: NDArray[np.int8], scores: NDArray[np.floating], user: Integers, seed: int
) -> list[dict[str, Any]]:
    """Snapshots in ten bins of equal size by score: the mean score of each and how many of it churned."""
    every = [part for part in np.array_split(np.argsort(scores, kind="stable"), BINS) if len(part)]
    place = np.empty(len(scores), np.int64)
    for index, part in enumerate(every):
        place[part] = index

    def rates(weight: Weights) -> dict[str, float]:
        churn = np.bincount(place, weight * churned, minlength=len(every))
        whole = np.bincount(place, weight, minlength=len(every))
        rate = np.divide(churn, whole, out=np.full(len(every), np.nan), where=whole > 0)
        return {str(index): value for index, value in enumerate(rate.tolist())}

    found = figures(rates, user, seed)
    return [
        {"snapshots": len(part), "mean_score": rounded(np.mean(scores[part])), "churn_rate": found[str(index)]}
        for index, part in enumerate(every)
    ]
