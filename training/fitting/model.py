"""The model: a soft vote of logistic regression and gradient boosting, which errs less than either alone.

Only the regression bends and scales its input: rounding a scaled input to float32 would move rows across the trees'
splits.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.ensemble import GradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from stream_app.core.scoring import Vectors
from stream_app.core.tables import Integers
from training.fitting.saturation import Saturation
from training.judging.resampling import Weights, numbered

_TREES = 40
_DEPTH = 3
_LEARNING_RATE = 0.15
_SUBSAMPLE = 0.5
_COLUMNS_PER_SPLIT = 0.3
_LEAF_SHARE = 0.002
_PENALTY = 1000.0
_VOTES = (1, 2)


class Classifier(Protocol):
    """What is asked of a fitted model."""

    def predict_proba(self, vectors: Vectors) -> NDArray[np.float64]:
        """Probability of staying and of churning, a row each."""


def fit(vectors: Vectors, churned: NDArray[np.int8], weight: Weights, seed: int) -> Classifier:
    """Fit the vote on a float32 matrix with a weight per row. The same rows and seed give the same model."""
    with config_context(enable_metadata_routing=True):
        voters = [("regression", _regression()), ("boosting", _boosting(seed))]
        vote = VotingClassifier(voters, voting="soft", weights=np.array(_VOTES), flatten_transform=False)
        model: Classifier = vote.fit(vectors, churned, sample_weight=weight)
    return model


def _regression() -> Pipeline:
    scale = StandardScaler().set_fit_request(sample_weight=True)
    regress = LogisticRegression(C=1 / _PENALTY, max_iter=1000).set_fit_request(sample_weight=True)
    return Pipeline([("bend", Saturation()), ("scale", scale), ("regress", regress)])


def _boosting(seed: int) -> GradientBoostingClassifier:
    boosting = GradientBoostingClassifier(
        n_estimators=_TREES,
        max_depth=_DEPTH,
        learning_rate=_LEARNING_RATE,
        subsample=_SUBSAMPLE,
        max_features=_COLUMNS_PER_SPLIT,
        min_samples_leaf=_LEAF_SHARE,
        random_state=seed,
    )
    return boosting.set_fit_request(sample_weight=True)


def row_weights(users: Sequence[Integers]) -> Weights:
    """Weights, 1 on average, of the rows of several kinds, one after the other; the kinds weigh the same together.

    A row weighs one over the square root of how many of its kind its user has: a heavy user's many rows are alike.
    """
    kinds = [1 / np.sqrt(np.bincount(numbered(user)))[numbered(user)] for user in users]
    every = np.concatenate([kind / kind.sum() for kind in kinds])
    return np.asarray(every / every.mean(), np.float64)


def churn_probability(model: Classifier, vectors: Vectors) -> NDArray[np.float64]:
    """The fitted model's probability of churn per row."""
    return model.predict_proba(vectors)[:, 1]


def baseline(stayers: Vectors) -> tuple[float, ...]:
    """A typical stayer: the median of each column over snapshots of users who stayed."""
    return tuple(np.median(stayers, axis=0).astype(np.float32).tolist())
