"""The port through which the core scores vectors; it does not know what computes them."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.manifests import Manifest

Vectors = NDArray[np.float32]
Scores = NDArray[np.float32]


class Scorer(Protocol):
    """A model in force. The same row gives the same bits in a batch of any size."""

    @property
    def manifest(self) -> Manifest:
        """What the model reads and what it was made from."""

    def score(self, vectors: Vectors) -> Scores:
        """Churn probability per row; columns in the manifest's order."""


ScoredBy = Literal["compiled", "onnxruntime"]


@dataclass(frozen=True)
class Choice:
    """What scores a model's rows, and why."""

    scorer: ScoredBy
    why: str
