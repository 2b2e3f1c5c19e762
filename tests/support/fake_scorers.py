"""Models that can be computed by hand, and engines that run them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from schemas.events import ControlData, ModelRef, Policy
from schemas.manifests import OPSET, Manifest
from stream_app.core.engine import Engine
from stream_app.core.features.plan import Compiled
from stream_app.core.scoring import Scorer, Scores, Vectors

TOPIC = "customer-events"


@dataclass(frozen=True)
class LinearScorer:
    """The score is the sum of weight times feature, added up column by column: the same bits in a batch of any size."""

    manifest: Manifest
    weights: tuple[float, ...]

    def score(self, vectors: Vectors) -> Scores:
        """One score per row."""
        scores = np.zeros(len(vectors), np.float32)
        for column, weight in enumerate(self.weights):
            scores += np.float32(weight) * vectors[:, column]
        return scores

    def control(self, policy: Policy) -> ControlData:
        """What a control record says that puts this model and a policy in force."""
        return ControlData(model=self.manifest.reference(), policy=policy)


def linear(
    compiled: Compiled, weights: Mapping[str, float], name: str = "linear", baseline: tuple[float, ...] = ()
) -> LinearScorer:
    """A linear model of a workload's features, with a baseline of zeros unless given."""
    features = tuple(weights)
    manifest = Manifest(
        name=name,
        version="1",
        workload=compiled.workload.name,
        sha256="0" * 64,
        opset=OPSET,
        horizon_days=compiled.workload.horizon_days,
        features=features,
        baseline=baseline or (0.0,) * len(features),
        state_digest=compiled.state_digest,
        feature_schema=compiled.feature_schema(features),
        policy=compiled.workload.policy,
        data={},
        metrics={},
    )
    return LinearScorer(manifest, tuple(weights.values()))


def dial(compiled: Compiled) -> LinearScorer:
    """A model of the workload `every_kind` whose score is the latest inbound sentiment, so that a test can set it."""
    return linear(compiled, {"dial": 1.0}, name="dial")


def engine(compiled: Compiled, *scorers: LinearScorer) -> Engine:
    """An engine that finds these models by their names."""
    by_name: dict[str, Scorer] = {scorer.manifest.name: scorer for scorer in scorers}

    def load(reference: ModelRef) -> Scorer:
        return by_name[reference.name]

    return Engine(compiled, load, TOPIC)
