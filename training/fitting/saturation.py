"""Bends long-tailed columns for the regression, in operations that are exact: the same bits in any batch and library.

x becomes x / (c + |x|), where c is half the column's mean size: the tenth visit says less than the second. A logarithm
does the same but is rounded otherwise in vector and in scalar code, so that a score could depend on its batch.
"""

from typing import Any

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import BaseEstimator, TransformerMixin

from schemas.manifests import OPSET
from stream_app.core.scoring import Vectors

Converted = Any
"""skl2onnx hands its own objects to converters: it has no types for them."""

_BEND = 0.5


class Saturation(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A step of a pipeline; `per_size_` holds 1 / c per column, 1 for a column that is always zero."""

    def fit(self, vectors: Vectors, _churned: object = None) -> "Saturation":
        """Learn the columns' sizes."""
        size = _BEND * np.abs(vectors).mean(axis=0, dtype=np.float64)
        self.per_size_ = (1 / np.where(size > 0, size, 1.0)).astype(np.float32)
        return self

    def transform(self, vectors: Vectors) -> Vectors:
        """The bent matrix, float32 as given, between -1 and 1."""
        sized = vectors * self.per_size_
        bent: Vectors = sized / (np.float32(1) + np.abs(sized))
        return bent


def _shape(operator: Converted) -> None:
    operator.outputs[0].type = FloatTensorType(list(operator.inputs[0].type.shape))


def _convert(scope: Converted, operator: Converted, container: Converted) -> None:
    """The same operations as two ONNX nodes."""
    per_size = operator.raw_operator.per_size_
    factor, sized = (scope.get_unique_variable_name(name) for name in ("per_size", "sized"))
    container.add_initializer(factor, 1, [len(per_size)], per_size.tolist())
    names = [scope.get_unique_operator_name(kind) for kind in ("Mul", "Softsign")]
    container.add_node("Mul", [operator.inputs[0].full_name, factor], sized, name=names[0], op_version=OPSET)
    container.add_node("Softsign", sized, operator.outputs[0].full_name, name=names[1], op_version=OPSET)


update_registered_converter(Saturation, "ChurnSaturation", _shape, _convert)
