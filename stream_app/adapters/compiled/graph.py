"""Reads an ONNX graph into the form that it has, if it is one that can be compiled."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from schemas.manifests import INPUT_NAME, OUTPUT_NAME
from stream_app.adapters.compiled.form import (
    Bend,
    Branch,
    Floats,
    Form,
    Linear,
    Product,
    Scaling,
    Softsign,
    Trees,
    UnknownForm,
    must,
)
from stream_app.adapters.compiled.tree_nodes import trees_of

_DOMAINS = {"Scaler": "ai.onnx.ml", "LinearClassifier": "ai.onnx.ml", "TreeEnsembleClassifier": "ai.onnx.ml"}
_PROBABILITIES = 1
"""Which output of a classifier: the first is its label."""


def read_form(model: bytes, width: int) -> Form:
    """The form of a graph over so many columns. Raises UnknownForm if it is none of the known ones."""
    return _Reader(onnx.load_from_string(model).graph, width).form()


class _Reader:
    """Follows a graph from its output back to its input."""

    def __init__(self, graph: onnx.GraphProto, width: int) -> None:
        self._width = width
        self._makers = {name: node for node in graph.node for name in node.output}
        self._constants = {given.name: given for given in graph.initializer}

    def form(self) -> Form:
        """The whole graph's."""
        node = self._maker(OUTPUT_NAME)
        votes = list(node.input) if node.op_type == "Sum" else [OUTPUT_NAME]
        return Form(self._width, tuple(self._branch(vote) for vote in votes))

    def _branch(self, name: str) -> Branch:
        weight, node = np.float32(1.0), self._maker(name)
        if node.op_type == "Mul":
            (weight,) = self._constant(node.input[1], 1)
            name, node = node.input[0], self._maker(node.input[0])
        if node.op_type == "Identity":
            name, node = node.input[0], self._maker(node.input[0])
        must(node.op_type in _HEADS, f"{node.op_type} in place of a classifier")
        must(list(node.output).index(name) == _PROBABILITIES, f"the label of {node.op_type}")
        head = _HEADS[node.op_type](_attributes(node), self._width)
        steps = [*self._steps(node.input[0])]
        return Branch(tuple(reversed(steps)), head, weight)

    def _steps(self, name: str) -> Iterator[Bend]:
        """From the last to the first."""
        while name != INPUT_NAME:
            node = self._maker(name)
            yield self._step(node)
            name = node.input[0]

    def _step(self, node: onnx.NodeProto) -> Bend:
        given = _attributes(node)
        match node.op_type:
            case "Mul":
                return Product(self._constant(node.input[1], self._width))
            case "Softsign":
                return Softsign()
            case "Scaler":
                return Scaling(*(_floats(given.pop(name, ()), self._width, name) for name in ("offset", "scale")))
        raise UnknownForm(f"the operator {node.op_type}")

    def _maker(self, name: str) -> onnx.NodeProto:
        must(name in self._makers, f"{name!r}, which no operator makes,")
        node = self._makers[name]
        must(node.domain == _DOMAINS.get(node.op_type, ""), f"the domain {node.domain!r} of {node.op_type}")
        return node

    def _constant(self, name: str, size: int) -> Floats:
        must(name in self._constants, f"a product with {name!r}, which is no constant,")
        found = numpy_helper.to_array(self._constants[name])
        must(found.dtype == np.float32, f"a constant of {found.dtype}")
        return _floats(found, size, "a constant")


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {given.name: helper.get_attribute_value(given) for given in node.attribute}


def _floats(values: Any, size: int, name: str) -> Floats:  # noqa: ANN401 - whatever a graph holds
    found = np.array(values, np.float32)
    must(found.shape == (size,), f"{name} of shape {found.shape} where {size} numbers belong")
    return found


def _linear(given: dict[str, Any], width: int) -> Linear:
    _two_classes(given, "classlabels_ints")
    must(given.get("post_transform") == b"LOGISTIC" and not given.get("multi_class"), "a linear model of odds")
    coefficients = _floats(given["coefficients"], 2 * width, "coefficients")
    return Linear(coefficients[width:], _floats(given.get("intercepts", ()), 2, "intercepts")[1])


def _trees(given: dict[str, Any], width: int) -> Trees:
    _two_classes(given, "classlabels_int64s")
    transform = given.get("post_transform", b"NONE")
    must(transform in (b"NONE", b"LOGISTIC"), f"trees through {transform!r}")
    start = np.array(given.get("base_values", ()), np.float32)
    must(len(start) <= 1, f"{len(start)} base values")
    return Trees(trees_of(given, width), start.sum(dtype=np.float32), transform == b"LOGISTIC")


def _two_classes(given: dict[str, Any], name: str) -> None:
    must(list(given.get(name, ())) == [0, 1], "other classes than 0 and 1")


_HEADS: Mapping[str, Callable[[dict[str, Any], int], Linear | Trees]] = {
    "LinearClassifier": _linear,
    "TreeEnsembleClassifier": _trees,
}
