"""Why a score is what it is: each feature is set to its baseline in turn, and the loss of score is its contribution.

Leave-one-out against a typical stayer, through the same model in one call; needs no access to the model's inside.
"""

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import Reason
from stream_app.core.features.workload import Workload
from stream_app.core.scoring import Scorer, Scores, Vectors

MOST = 3
"""How many reasons are given: more are not read."""
_DUST = 1e-6


def explain(scorer: Scorer, workload: Workload, vectors: Vectors, scores: Scores) -> list[list[Reason]]:
    """The strongest reasons of each row, strongest first."""
    if not len(vectors):
        return []
    baseline = np.array(scorer.manifest.baseline, np.float32)
    width = vectors.shape[1]
    variants = np.repeat(vectors, width, axis=0)
    columns = np.tile(np.arange(width), len(vectors))
    variants[np.arange(len(variants)), columns] = baseline[columns]
    without = scorer.score(variants).reshape(len(vectors), width)
    contributions = scores.reshape(-1, 1) - without
    return [_strongest(scorer, workload, *row, baseline) for row in zip(vectors, contributions, strict=True)]


def _strongest(
    scorer: Scorer,
    workload: Workload,
    vector: NDArray[np.float32],
    contributions: NDArray[np.float32],
    baseline: NDArray[np.float32],
) -> list[Reason]:
    order = np.argsort(-np.abs(contributions), kind="stable")[:MOST]
    return [
        Reason(
            feature=scorer.manifest.features[i],
            label=workload.features[scorer.manifest.features[i]].label,
            value=float(vector[i]),
            baseline=float(baseline[i]),
            contribution=float(contributions[i]),
            direction="up" if contributions[i] > 0 else "down",
        )
        for i in order.tolist()
        if abs(contributions[i]) > _DUST
    ]
