"""The manifest beside every model: what it reads, what it was made from, and the bytes it vouches for."""

from typing import Any

from msgspec import Struct

from schemas.events import ModelRef, Policy

OPSET = 18
INPUT_NAME = "vectors"
OUTPUT_NAME = "probabilities"
MODEL_FILE = "model.onnx"
MANIFEST_FILE = "manifest.json"


class Manifest(Struct, kw_only=True, frozen=True):
    """`features` names the model's input columns in order; `baseline` is a typical stayer, column by column.

    `state_digest` and `feature_schema` must equal those of the code that runs the model. `metrics` and `data` are for
    people: how good it was on what.
    """

    name: str
    version: str
    workload: str
    sha256: str
    opset: int
    horizon_days: int
    features: tuple[str, ...]
    baseline: tuple[float, ...]
    state_digest: str
    feature_schema: str
    policy: Policy
    data: dict[str, Any]
    metrics: dict[str, Any]

    def reference(self) -> ModelRef:
        """The model as a control record names it."""
        return ModelRef(name=self.name, version=self.version, sha256=self.sha256)
