"""From a fitted model to an ONNX graph, and the gate that the graph must pass to become an artefact."""

from dataclasses import dataclass

import numpy as np
import onnx
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs

from schemas.errors import ContractViolation
from schemas.manifests import INPUT_NAME, OPSET, OUTPUT_NAME
from stream_app.core.scoring import Scorer, Scores, Vectors
from training.fitting.model import Classifier, churn_probability

MAX_DIFFERENCE = 1e-5
BATCH_SIZES = (1, 2, 3, 17, 512, 4000)
_ML_OPSET = 3
_HUGE = np.float32(1e9)


@dataclass(frozen=True)
class GateResult:
    """What the gate found: the largest difference of a probability from the trainer's, over so many rows."""

    max_difference: float
    rows: int


def export(model: Classifier, width: int) -> bytes:
    """One graph: a float32 matrix of `width` columns in, probabilities out. The same model gives the same bytes."""
    converted = convert_sklearn(
        model,
        name="churn",
        initial_types=[(INPUT_NAME, FloatTensorType([None, width]))],
        options={id(model): {"zipmap": False}},
        target_opset={"": OPSET, "ai.onnx.ml": _ML_OPSET},
    )
    serialized: bytes = _bare(converted).SerializeToString(deterministic=True)
    return serialized


def _bare(converted: onnx.ModelProto) -> onnx.ModelProto:
    """The model without the label and what only the label needs, and without what says who made it."""
    model = select_model_inputs_outputs(converted, outputs=[OUTPUT_NAME])
    outputs = {given.name: given for given in converted.graph.output}
    model.graph.output[0].CopyFrom(outputs[OUTPUT_NAME])
    read = {name for node in model.graph.node for name in node.input}
    constants = [constant for constant in model.graph.initializer if constant.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(constants)
    for stamp in ("producer_name", "producer_version", "domain", "doc_string"):
        model.ClearField(stamp)
    return model


def pass_gate(scorer: Scorer, model: Classifier, rows: Vectors) -> GateResult:
    """Compare the exported graph with the model on the rows and on extremes of them, and with itself over batch sizes.

    Raises ContractViolation that names the figure by which it failed.
    """
    every = np.concatenate([rows, extremes(rows)])
    scores = _scored(scorer, every, BATCH_SIZES[-1])
    difference = float(np.max(np.abs(scores - churn_probability(model, every))))
    if not difference < MAX_DIFFERENCE:
        raise ContractViolation(
            f"the exported model differs from the trained one by {difference:.2g} on {len(every)} rows, "
            f"{MAX_DIFFERENCE:.0e} is allowed: it converts inexactly, train another kind of model"
        )
    for size in BATCH_SIZES[:-1]:
        unequal = np.count_nonzero(_scored(scorer, every, size).view(np.uint32) != scores.view(np.uint32))
        if unequal:
            raise ContractViolation(
                f"{unequal} of {len(every)} rows score differently in batches of {size} and of {BATCH_SIZES[-1]}: "
                "replays would not give the live scores, train another kind of model"
            )
    return GateResult(difference, len(every))


def extremes(rows: Vectors) -> Vectors:
    """Rows beyond what was seen: zeros, the minima, ten times the maxima, huge values, and each of them column-wise."""
    low, high = rows.min(axis=0), rows.max(axis=0) * np.float32(10.0)
    corners = np.stack([np.zeros_like(low), low, high, np.full_like(low, _HUGE), np.full_like(low, -_HUGE)])
    typical = np.median(rows, axis=0).astype(np.float32)
    alone = np.repeat(typical[None, :], len(corners) * len(typical), axis=0)
    for column in range(len(typical)):
        alone[column * len(corners) : (column + 1) * len(corners), column] = corners[:, column]
    return np.concatenate([corners, alone])


def _scored(scorer: Scorer, rows: Vectors, size: int) -> Scores:
    return np.concatenate([scorer.score(rows[start : start + size]) for start in range(0, len(rows), size)])
