"""Models that several rows of a backtest share: each is loaded once, and a batch is scored once for all of them."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from schemas.events import ModelRef
from schemas.manifests import Manifest
from stream_app.core.scoring import Scorer, Scores, Vectors

_BATCHES = 4
"""Batches whose scores are kept: rows go through a log in step, so the last run and its reasons are enough."""


class SharedModels:
    """Finds models for an engine, from those found before if it can."""

    def __init__(self, load: Callable[[ModelRef], Scorer]) -> None:
        self._load = load
        self._found: dict[ModelRef, SharedScorer] = {}

    def load(self, reference: ModelRef) -> Scorer:
        """The model that a control record names, or the error of whoever loads it."""
        if reference not in self._found:
            self._found[reference] = SharedScorer(self._load(reference))
        return self._found[reference]


class SharedScorer:
    """A model that knows again the batches that it scored last: the same bytes have the same scores."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._known = lru_cache(maxsize=_BATCHES)(self._score)

    @property
    def manifest(self) -> Manifest:
        """What the model reads and what it was made from."""
        return self._scorer.manifest

    def score(self, vectors: Vectors) -> Scores:
        """Churn probability per row; columns in the manifest's order."""
        return self._known(vectors.tobytes(), len(vectors))

    def _score(self, vectors: bytes, rows: int) -> Scores:
        width = len(self.manifest.features)
        return self._scorer.score(np.frombuffer(vectors, np.float32).reshape(rows, width))
