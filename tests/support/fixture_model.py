"""A small model of the music workload, made anew for the code at hand: tests that need some model need no trained one.

It reads few columns and whichever of them the workload still has, so that it fits whatever else is declared. Its scores
move as a trained model's do, and its operations are exact, so that a row scores alike in any batch.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from onnx import TensorProto, helper, numpy_helper

from schemas.events import Policy
from schemas.manifests import INPUT_NAME, MANIFEST_FILE, MODEL_FILE, OPSET, OUTPUT_NAME, Manifest
from stream_app.core.features.plan import Compiled, compile_workload
from stream_app.workloads import music

VERSION = "1.0.0"
FIXTURE = f"{music.WORKLOAD.name}/{VERSION}"
POLICY = Policy(name="default", version=1, enter=0.37, leave=0.3, critical=0.5, cooldown_s=14 * 86_400)

_COLUMNS = {
    "seen_h": (205.0, -1.36, 434.0),
    "plan_paid": (0.368, -0.62, 1.0),
    "session_minutes": (167.0, -0.95, 229.2),
    "sentiment_mean_30d": (0.0402, -0.65, 0.0),
    "thumbs_down_count_7d": (1.36, 0.90, 2.0),
    "chat_since_h": (270.0, -0.61, 720.0),
    "thumbs_down_share_30d": (0.0856, 0.71, 0.13),
    "error_since_h": (238.0, -0.33, 720.0),
    "advert_count_1h": (0.122, 0.40, 0.0),
}
"""Of each column: half its mean size, by which it is bent, its weight, and a typical stayer's value.

By a regression on simulated users.
"""
_INTERCEPT = -0.96


def write_fixture_model(models: Path) -> Manifest:
    """Put the model below a directory of models."""
    compiled = compile_workload(music.WORKLOAD)
    features = tuple(name for name in _COLUMNS if name in compiled.feature_names)
    graph = _graph([_COLUMNS[name] for name in features])
    manifest = _manifest(compiled, features, graph)
    where = models / FIXTURE
    where.mkdir(parents=True)
    (where / MODEL_FILE).write_bytes(graph)
    (where / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest))
    return manifest


def _graph(columns: Sequence[tuple[float, float, float]]) -> bytes:
    """Bent columns, weighted and added up; the sum is bent to a probability."""
    sizes, weights, _ = zip(*columns, strict=True)
    terms = [f"term_{number}" for number in range(len(columns))]
    constants: dict[str, Any] = {
        "per_size": [1 / size for size in sizes],
        "weights": weights,
        "intercept": [[_INTERCEPT]],
        "half": [0.5],
    }
    nodes = [
        helper.make_node("Mul", [INPUT_NAME, "per_size"], ["sized"]),
        helper.make_node("Softsign", ["sized"], ["bent"]),
        helper.make_node("Mul", ["bent", "weights"], ["weighted"]),
        helper.make_node("Split", ["weighted"], terms, axis=1, num_outputs=len(terms)),
        helper.make_node("Sum", ["intercept", *terms], ["odds"]),
        helper.make_node("Softsign", ["odds"], ["sided"]),
        helper.make_node("Mul", ["sided", "half"], ["around"]),
        helper.make_node("Add", ["half", "around"], ["churns"]),
        helper.make_node("Sub", ["half", "around"], ["stays"]),
        helper.make_node("Concat", ["stays", "churns"], [OUTPUT_NAME], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "fixture",
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, [None, len(columns)])],
        [helper.make_tensor_value_info(OUTPUT_NAME, TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    serialized: bytes = model.SerializeToString(deterministic=True)
    return serialized


def _manifest(compiled: Compiled, features: tuple[str, ...], graph: bytes) -> Manifest:
    return Manifest(
        name=compiled.workload.name,
        version=VERSION,
        workload=compiled.workload.name,
        sha256=hashlib.sha256(graph).hexdigest(),
        opset=OPSET,
        horizon_days=compiled.workload.horizon_days,
        features=features,
        baseline=tuple(_COLUMNS[name][2] for name in features),
        state_digest=compiled.state_digest,
        feature_schema=compiled.feature_schema(features),
        policy=POLICY,
        data={},
        metrics={},
    )
