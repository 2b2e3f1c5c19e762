"""Which columns a model leans on: how far its AUC falls when one of them is shuffled among the snapshots.

Columns that tell the same share their importance: each can be missed as long as the others are there.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stream_app.core.scoring import Scores, Vectors
from training.dataset.examples import Examples
from training.judging.evaluation import Judged
from training.judging.ranking import Ranking
from training.judging.resampling import Weights, figures

MOST = 20
_RESAMPLES = 100


def importance(
    score: Callable[[Vectors], Scores], examples: Examples, names: Sequence[str], seed: int
) -> list[dict[str, Any]]:
    """The columns that matter most, at most 20, each with the fall of the AUC and its interval, greatest first.

    The resamples are those of the shuffled and the whole rows together.
    """
    rows = examples.rows
    whole = Judged(examples.churned, score(rows.vectors), rows.user)
    place = np.random.default_rng(seed).permutation(len(rows))

    def fall(column: int) -> dict[str, Any]:
        shuffled = rows.vectors.copy()
        shuffled[:, column] = shuffled[place, column]
        ranking = Ranking(examples.churned, score(shuffled))

        def statistic(weight: Weights) -> dict[str, float]:
            return {"auc_drop": whole.ranking.auc(weight) - ranking.auc(weight)}

        return {"feature": names[column], **figures(statistic, rows.user, seed, _RESAMPLES)}

    falls = [fall(column) for column in range(len(names))]
    return sorted(falls, key=lambda one: -(one["auc_drop"]["value"] or 0.0))[:MOST]
