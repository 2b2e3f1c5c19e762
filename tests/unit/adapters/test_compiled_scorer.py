"""A compiled graph scores only where it gives the very bits of ONNX Runtime; what it cannot give is said."""

import re
import time
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from schemas.manifests import MODEL_FILE, Manifest
from stream_app.adapters.compiled import kernels
from stream_app.adapters.compiled import scorer as scorer_module
from stream_app.adapters.compiled.comparison import BATCH_SIZES, DRAWN, rows_of
from stream_app.adapters.compiled.form import LEAF, Branch, Form, Linear, Product, Scaling, Tree, Trees
from stream_app.adapters.compiled.graph import read_form
from stream_app.adapters.compiled.program import program_of
from stream_app.adapters.compiled.scorer import Comparisons, choose
from stream_app.adapters.onnx_scorer import OnnxScorer, load_manifest
from stream_app.core.scoring import Choice, Scores, Vectors
from tests.support.trained_models import RECIPES, Recipe, fitted, manifest_of, rows
from training.fitting.export import export

MODELS = Path(__file__).parents[3] / "models"
COMMITTED = sorted(str(path.parent.relative_to(MODELS)) for path in MODELS.glob(f"*/*/{MODEL_FILE}"))
NEWEST = MODELS / COMMITTED[-1]


@pytest.fixture(scope="module")
def model() -> bytes:
    return (NEWEST / MODEL_FILE).read_bytes()


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_manifest(NEWEST)


@pytest.fixture(scope="module")
def reference(model: bytes, manifest: Manifest) -> OnnxScorer:
    return OnnxScorer(model, manifest)


def in_batches(score: Any, vectors: Vectors, size: int) -> Scores:  # noqa: ANN401 - either scorer's
    return np.concatenate([score(vectors[first : first + size]) for first in range(0, len(vectors), size)])


@settings(max_examples=10)
@given(RECIPES, st.integers(1, 300))
def test_any_trained_model_scores_to_the_same_bits_in_any_batch(recipe: Recipe, size: int) -> None:
    graph = export(fitted(recipe), recipe.width)
    onnx_scorer = OnnxScorer(graph, manifest_of(recipe.width))
    choice, score = choose(graph, onnx_scorer)
    assert choice.scorer == "compiled", choice.why
    vectors = rows(recipe.width, 300, recipe.seed + 1)
    assert in_batches(score, vectors, size).tobytes() == onnx_scorer.score(vectors).tobytes()


@pytest.mark.parametrize("version", COMMITTED)
def test_every_model_of_the_repository_is_compiled(version: str) -> None:
    graph, scorer = (MODELS / version / MODEL_FILE).read_bytes(), load_manifest(MODELS / version)
    choice, _ = choose(graph, OnnxScorer(graph, scorer))
    assert choice == Choice("compiled", choice.why)
    assert "not a bit differs from ONNX Runtime on 5," in choice.why


@pytest.mark.alone
def test_the_comparison_takes_less_than_300_ms_of_a_processor(model: bytes, reference: OnnxScorer) -> None:
    choose(model, reference)
    spent = []
    for _ in range(5):
        began = time.thread_time()
        choose(model, reference)
        spent.append(time.thread_time() - began)
    assert min(spent) < 0.3


def test_rows_of_a_comparison_meet_each_split_on_its_value_and_on_both_sides(model: bytes, manifest: Manifest) -> None:
    form = read_form(model, len(manifest.features))
    compared = rows_of(form, manifest.baseline)
    assert compared.tobytes() == rows_of(form, manifest.baseline).tobytes()
    assert len(compared) > DRAWN > max(BATCH_SIZES)
    (trees,) = (branch.head.trees for branch in form.branches if isinstance(branch.head, Trees))
    for tree in trees:
        must_be_met(tree, 0, compared)


def must_be_met(tree: Tree, node: int, reaching: Vectors) -> None:
    """At a split arrive rows with its value, and with both neighbours of it."""
    column, value = int(tree.features[node]), tree.values[node]
    if column == LEAF:
        return
    neighbours = {float(value), *(float(np.nextafter(value, np.float32(end))) for end in (-np.inf, np.inf))}
    assert neighbours <= set(reaching[:, column].tolist())
    low = reaching[:, column] <= value
    must_be_met(tree, int(tree.yes[node]), reaching[low])
    must_be_met(tree, int(tree.no[node]), reaching[~low])


def spoilt(form: Form, place: tuple[type, str], at: int) -> Form:
    """The form with one number moved: by one bit, if it is no leaf of a tree, whose last bits are lost in the sum."""
    kind, name = place

    def moved(part: Any) -> Any:  # noqa: ANN401 - any part of a form
        number = np.array(getattr(part, name))
        one = at % number.size
        leaf = isinstance(part, Tree) and part.features[one] == LEAF
        number.flat[one] = (
            number.flat[one] * np.float32(1.001) if leaf else np.nextafter(number.flat[one], np.float32(9))
        )
        return replace(part, **{name: number if number.ndim else number[()]})

    def within(part: Any) -> Any:  # noqa: ANN401 - the same
        if isinstance(part, kind):
            return moved(part)
        if isinstance(part, Trees):
            first, *others = part.trees
            return replace(part, trees=(within(first), *others))
        return part

    branches = [
        replace(within(branch), head=within(branch.head), steps=tuple(within(step) for step in branch.steps))
        for branch in form.branches
    ]
    return Form(form.width, tuple(branches))


@pytest.mark.parametrize(
    "place",
    [
        (Product, "factors"),
        (Scaling, "offsets"),
        (Scaling, "scales"),
        (Linear, "coefficients"),
        (Linear, "intercept"),
        (Trees, "start"),
        (Branch, "weight"),
    ],
)
def test_one_bit_of_one_number_keeps_onnx_runtime(
    model: bytes, reference: OnnxScorer, monkeypatch: pytest.MonkeyPatch, place: tuple[type, str]
) -> None:
    monkeypatch.setattr(scorer_module, "read_form", lambda *given: spoilt(read_form(*given), place, 5))
    must_stay(*choose(model, reference), reference)


def must_stay(choice: Choice, score: Any, reference: OnnxScorer) -> None:  # noqa: ANN401 - a function
    assert choice.scorer == "onnxruntime"
    assert re.search(r"[1-9][\d,]* scores of the compiled graph differ from those of ONNX Runtime", choice.why)
    assert score == reference.score


@pytest.mark.parametrize("node", range(15))
def test_another_split_or_leaf_of_a_tree_keeps_onnx_runtime(
    model: bytes, reference: OnnxScorer, monkeypatch: pytest.MonkeyPatch, node: int
) -> None:
    monkeypatch.setattr(scorer_module, "read_form", lambda *given: spoilt(read_form(*given), (Tree, "values"), node))
    must_stay(*choose(model, reference), reference)


def test_trees_in_another_order_keep_onnx_runtime(
    model: bytes, reference: OnnxScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turned(graph: bytes, width: int) -> Form:
        form = read_form(graph, width)
        heads = [
            replace(branch.head, trees=branch.head.trees[::-1]) if isinstance(branch.head, Trees) else branch.head
            for branch in form.branches
        ]
        pairs = zip(form.branches, heads, strict=True)
        return Form(width, tuple(replace(branch, head=head) for branch, head in pairs))

    monkeypatch.setattr(scorer_module, "read_form", turned)
    must_stay(*choose(model, reference), reference)


def test_a_kernel_that_rounds_otherwise_keeps_onnx_runtime(
    model: bytes, reference: OnnxScorer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, line = Path(kernels.__file__).read_text(), "source[lane] * (_ONE / (_ONE + abs(source[lane])))"
    assert line in source
    (tmp_path / "mutant.py").write_text(source.replace(line, "source[lane] / (_ONE + abs(source[lane]))"))
    found = spec_from_file_location("mutant", tmp_path / "mutant.py")
    assert found is not None
    assert found.loader is not None
    mutant = module_from_spec(found)
    found.loader.exec_module(mutant)
    monkeypatch.setattr(kernels, "probabilities", mutant.probabilities)
    must_stay(*choose(model, reference), reference)


def test_a_compiler_that_fails_keeps_onnx_runtime(
    model: bytes, reference: OnnxScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object) -> None:
        raise IndexError("nobody thought of this")

    monkeypatch.setattr(scorer_module, "program_of", fails)
    choice, score = choose(model, reference)
    assert choice == Choice("onnxruntime", "the graph cannot be compiled: IndexError('nobody thought of this')")
    assert score == reference.score


def changed(model: bytes, **attributes: Any) -> bytes:  # noqa: ANN401 - attributes of operators
    """The graph with attributes of its operators changed, each written as operator__attribute."""
    graph = onnx.load_from_string(model)
    for name, value in attributes.items():
        operator, _, attribute = name.partition("__")
        (node,) = (node for node in graph.graph.node if node.op_type == operator)
        for given_attribute in [found for found in node.attribute if found.name == attribute]:
            node.attribute.remove(given_attribute)
        node.attribute.append(helper.make_attribute(attribute, value))
    serialized: bytes = graph.SerializeToString()
    return serialized


@pytest.mark.parametrize(
    ("attributes", "foreign"),
    [
        ({"LinearClassifier__post_transform": "SOFTMAX"}, "a linear model of odds"),
        ({"LinearClassifier__classlabels_ints": [1, 0]}, "other classes than 0 and 1"),
        ({"TreeEnsembleClassifier__post_transform": "PROBIT"}, "trees through b'PROBIT'"),
        ({"TreeEnsembleClassifier__base_values": [0.0, 1.0]}, "2 base values"),
        ({"TreeEnsembleClassifier__nodes_missing_value_tracks_true": [1]}, "trees with ways for what is missing"),
        ({"TreeEnsembleClassifier__nodes_modes": ["BRANCH_LT"]}, "trees that split by [b'BRANCH_LT']"),
        ({"TreeEnsembleClassifier__class_ids": [0, 1]}, "leaves that vote for several classes"),
        ({"TreeEnsembleClassifier__class_weights_as_tensor": 1}, "trees with class_weights_as_tensor"),
        ({"Scaler__scale": [1.0]}, "scale of shape (1,) where 44 numbers belong"),
    ],
)
def test_a_graph_with_something_foreign_in_it_keeps_onnx_runtime_and_says_what(
    model: bytes, reference: OnnxScorer, attributes: dict[str, Any], foreign: str
) -> None:
    choice, score = choose(changed(model, **attributes), reference)
    assert choice == Choice("onnxruntime", f"the graph has {foreign}: no form that is compiled")
    assert score == reference.score


def test_an_operator_that_is_not_known_is_named(model: bytes, reference: OnnxScorer) -> None:
    graph = onnx.load_from_string(model)
    (node,) = (node for node in graph.graph.node if node.op_type == "Softsign")
    node.op_type = "Tanh"
    choice, _ = choose(graph.SerializeToString(), reference)
    assert choice.why == "the graph has the operator Tanh: no form that is compiled"


def test_a_model_scores_while_it_is_compared_and_is_compared_once_for_all_who_ask(
    model: bytes, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_begin, compared = Event(), []

    def waits(graph: bytes, reference: OnnxScorer) -> tuple[Choice, Any]:
        assert may_begin.wait(60)
        compared.append(current_thread())
        return choose(graph, reference)

    monkeypatch.setattr(scorer_module, "choose", waits)
    told: list[tuple[Manifest, Choice]] = []
    comparisons = Comparisons(lambda *what: told.append(what))
    scorer, again = comparisons.scorer(model, manifest), comparisons.scorer(model, manifest)
    assert scorer is again
    vectors = rows(len(manifest.features), 100, seed=1)
    before = scorer.score(vectors)
    may_begin.set()
    choice = comparisons.choice(manifest)
    assert choice.scorer == "compiled"
    assert told == [(manifest, choice)]
    assert len(compared) == 1
    assert compared[0] is not current_thread()
    assert scorer.score(vectors).tobytes() == before.tobytes()
    assert scorer.score(vectors[:0]).shape == (0,)


def test_unusual_arrays_score_alike_and_compile_nothing_anew(model: bytes, manifest: Manifest) -> None:
    run = program_of(read_form(model, len(manifest.features))).run
    vectors = rows(len(manifest.features), 64, seed=2)
    kernel: Any = kernels.probabilities
    wanted, kinds = run(vectors), len(kernel.signatures)
    frozen = np.frombuffer(vectors.tobytes(), np.float32).reshape(vectors.shape)
    assert run(frozen).tobytes() == wanted.tobytes()
    assert run(np.asfortranarray(vectors)).tobytes() == wanted.tobytes()
    assert run(np.repeat(vectors, 2, axis=0)[::2]).tobytes() == wanted.tobytes()
    assert len(kernel.signatures) == kinds
