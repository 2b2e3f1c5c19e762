"""The first model: a soft vote of logistic regression and gradient boosting, which errs less than either alone.

Only the regression scales its input: rounding a scaled input to float32 would move rows across the trees' splits.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from stream_app.core.scoring import Vectors

_TREES = 100
_DEPTH = 3
_LEARNING_RATE = 0.05
_SUBSAMPLE = 0.5
_LEAF_SHARE = 0.002


class Classifier(Protocol):
    """What is asked of a fitted model."""

    def predict_proba(self, vectors: Vectors) -> NDArray[np.float64]:
        """Probability of staying and of churning, a row each."""


def fit(vectors: Vectors, churned: NDArray[np.int8], seed: int) -> Classifier:
    """Fit the vote on a float32 matrix. The same rows and seed give the same model."""
    regression = Pipeline([("scale", StandardScaler()), ("regress", LogisticRegression(max_iter=1000))])
    boosting = GradientBoostingClassifier(
        n_estimators=_TREES,
        max_depth=_DEPTH,
        learning_rate=_LEARNING_RATE,
        subsample=_SUBSAMPLE,
        min_samples_leaf=_LEAF_SHARE,
        random_state=seed,
    )
    voters = [("regression", regression), ("boosting", boosting)]
    vote = VotingClassifier(voters, voting="soft", flatten_transform=False)
    model: Classifier = vote.fit(vectors, churned)
    return model


def churn_probability(model: Classifier, vectors: Vectors) -> NDArray[np.float64]:
    """The fitted model's probability of churn per row."""
    return model.predict_proba(vectors)[:, 1]


def baseline(stayers: Vectors) -> tuple[float, ...]:
    """A typical stayer: the median of each column over snapshots of users who stayed."""
    return tuple(np.median(stayers, axis=0).astype(np.float32).tolist())
