"""Small models of every form that training can export, and rows to score with them."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from schemas.manifests import Manifest
from stream_app.core.features.plan import compile_workload
from stream_app.core.scoring import Vectors
from stream_app.workloads.music import WORKLOAD
from tests.support.fake_scorers import linear
from training.fitting.model import Classifier
from training.fitting.saturation import Saturation

NAMES = compile_workload(WORKLOAD).feature_names
_ROWS = 300
_STEPS = {"bend": Saturation, "scale": StandardScaler}


class Voter(NamedTuple):
    """A pipeline: its steps, and which model with how many trees of which depth ends it."""

    steps: tuple[str, ...]
    head: str
    trees: int
    depth: int


class Recipe(NamedTuple):
    """A model before it is fitted: a voter alone, or several that vote."""

    width: int
    voters: tuple[Voter, ...]
    weights: tuple[int, int, int]
    seed: int


VOTERS = st.builds(
    Voter,
    st.sampled_from([(), ("bend",), ("scale",), ("bend", "scale"), ("scale", "bend")]),
    st.sampled_from(["regression", "boosting", "forest"]),
    st.integers(1, 12),
    st.integers(1, 7),
)
RECIPES = st.builds(
    Recipe,
    st.integers(1, len(NAMES)),
    st.lists(VOTERS, min_size=1, max_size=3).map(tuple),
    st.sampled_from([(1, 1, 1), (1, 2, 3), (5, 1, 7)]),
    st.integers(0, 1000),
)


def fitted(recipe: Recipe) -> Classifier:
    """The model, fitted on rows of which the first column tells something."""
    vectors, random = rows(recipe.width, _ROWS, recipe.seed), np.random.default_rng(recipe.seed)
    churned = vectors[:, 0] + random.normal(size=_ROWS) > np.median(vectors[:, 0])
    voters = [(f"voter_{number}", _pipeline(voter, recipe.seed)) for number, voter in enumerate(recipe.voters)]
    if len(voters) == 1:
        alone: Classifier = voters[0][1].fit(vectors, churned.astype(int))
        return alone
    weights = np.array(recipe.weights[: len(voters)])
    vote = VotingClassifier(voters, voting="soft", weights=weights, flatten_transform=False)
    model: Classifier = vote.fit(vectors, churned.astype(int))
    return model


def _pipeline(voter: Voter, seed: int) -> Pipeline:
    head = {
        "regression": LogisticRegression(max_iter=3000),
        "boosting": GradientBoostingClassifier(n_estimators=voter.trees, max_depth=voter.depth, random_state=seed),
        "forest": RandomForestClassifier(n_estimators=voter.trees, max_depth=voter.depth, random_state=seed),
    }
    return Pipeline([*((name, _STEPS[name]()) for name in voter.steps), ("head", head[voter.head])])


def manifest_of(width: int) -> Manifest:
    """A manifest that names so many features."""
    return linear(compile_workload(WORKLOAD), dict.fromkeys(NAMES[:width], 0.0), baseline=(1.0,) * width).manifest


def rows(width: int, count: int, seed: int) -> Vectors:
    """Counts, shares and hours, a third of each."""
    random, shape = np.random.default_rng(seed), (count, width)
    kinds = [random.poisson(3.0, shape), random.random(shape), random.exponential(200.0, shape)]
    return np.choose(np.arange(width) % len(kinds), kinds).astype(np.float32)
