"""The trees of an ONNX ensemble, which lists the nodes of all of them in columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stream_app.adapters.compiled.form import LEAF, Tree, must

_SPLIT, _LEAF = b"BRANCH_LEQ", b"LEAF"
_KNOWN = {
    "base_values",
    "class_ids",
    "class_nodeids",
    "class_treeids",
    "class_weights",
    "classlabels_int64s",
    "nodes_falsenodeids",
    "nodes_featureids",
    "nodes_hitrates",
    "nodes_missing_value_tracks_true",
    "nodes_modes",
    "nodes_nodeids",
    "nodes_treeids",
    "nodes_truenodeids",
    "nodes_values",
    "post_transform",
}

Given = Mapping[str, Any]
"""The attributes of the ensemble by name."""


def trees_of(given: Given, width: int) -> tuple[Tree, ...]:
    """The trees in the order of the ensemble. Raises UnknownForm unless each leaf says one number for class 1."""
    foreign = sorted(given.keys() - _KNOWN)
    must(not foreign, f"trees with {', '.join(foreign)}")
    modes = set(given["nodes_modes"])
    must(modes <= {_SPLIT, _LEAF}, f"trees that split by {sorted(modes - {_SPLIT, _LEAF})}")
    must(not any(given.get("nodes_missing_value_tracks_true", ())), "trees with ways for what is missing")
    must(set(given["class_ids"]) <= {0}, "leaves that vote for several classes")
    said = _said(given)
    nodes: dict[int, list[int]] = {}
    for at, tree in enumerate(given["nodes_treeids"]):
        nodes.setdefault(tree, []).append(at)
    return tuple(_tree(given, width, at, said) for at in nodes.values())


def _said(given: Given) -> dict[tuple[int, int], float]:
    """What each leaf says, by tree and node."""
    leaves = list(zip(given["class_treeids"], given["class_nodeids"], strict=True))
    must(len(set(leaves)) == len(leaves), "leaves that say several numbers")
    return dict(zip(leaves, given["class_weights"], strict=True))


def _tree(given: Given, width: int, at: Sequence[int], said: Mapping[tuple[int, int], float]) -> Tree:
    """One tree from the places of its nodes; the places of `yes` and `no` in it are those of the tree."""
    modes, ids = [given["nodes_modes"][i] for i in at], [given["nodes_nodeids"][i] for i in at]
    number = given["nodes_treeids"][at[0]]
    place = {node: index for index, node in enumerate(ids)}
    leaf = [mode == _LEAF for mode in modes]
    must(all((number, node) in said for node, ends in zip(ids, leaf, strict=True) if ends), "leaves that say nothing")
    features = [LEAF if ends else given["nodes_featureids"][i] for i, ends in zip(at, leaf, strict=True)]
    must(max(features) < width, f"a split of column {max(features)} of {width}")
    values = [
        said[number, node] if ends else given["nodes_values"][i] for i, node, ends in zip(at, ids, leaf, strict=True)
    ]
    ways = [
        [0 if ends else place[given[name][i]] for i, ends in zip(at, leaf, strict=True)]
        for name in ("nodes_truenodeids", "nodes_falsenodeids")
    ]
    return Tree(np.array(features), np.array(values, np.float32), *(np.array(way) for way in ways))
