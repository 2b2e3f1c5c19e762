"""The gate that an exported model must pass, and what is exported."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from schemas.manifests import INPUT_NAME, OPSET, OUTPUT_NAME, Manifest
from stream_app.adapters.onnx_scorer import OnnxScorer
from stream_app.core.features.plan import compile_workload
from stream_app.core.scoring import Scorer, Scores, Vectors
from stream_app.workloads.music import WORKLOAD
from tests.support.fake_scorers import linear
from training.fitting.artefact import next_version
from training.fitting.export import BATCH_SIZES, export, extremes, pass_gate
from training.fitting.model import Classifier, baseline, churn_probability, fit, row_weights
from training.fitting.saturation import Saturation

WIDTH = 6
MANIFEST: Manifest = linear(compile_workload(WORKLOAD), dict.fromkeys(list(WORKLOAD.features)[:WIDTH], 0.0)).manifest


def rows(count: int, seed: int = 3) -> tuple[Vectors, NDArray[np.int8]]:
    """Counts, shares and hours as features have them, and churn that depends on some of them."""
    random = np.random.default_rng(seed)
    counts = random.poisson(3.0, (count, 3))
    shares = random.integers(0, 20, (count, 2)) / 20
    hours = random.exponential(200.0, (count, 1))
    vectors = np.hstack([counts, shares, hours]).astype(np.float32)
    odds = 0.4 * vectors[:, 0] - 2 * vectors[:, 3] - vectors[:, 5] / 300 - 1
    return vectors, (random.random(count) < 1 / (1 + np.exp(-odds))).astype(np.int8)


def fitted(count: int, seed: int) -> Classifier:
    """A model of so many rows that weigh the same."""
    return fit(*rows(count), np.ones(count), seed)


@pytest.fixture(scope="module")
def model() -> Classifier:
    return fitted(6000, seed=7)


@pytest.fixture(scope="module")
def graph(model: Classifier) -> bytes:
    return export(model, WIDTH)


@pytest.fixture(scope="module")
def scorer(graph: bytes) -> OnnxScorer:
    return OnnxScorer(graph, MANIFEST)


class Distorted:
    """A scorer that gives another one's scores, changed by the rows that it is given at once."""

    def __init__(self, scorer: Scorer, distort: Callable[[Vectors, Scores], Scores]) -> None:
        self._scorer, self._distort = scorer, distort

    @property
    def manifest(self) -> Manifest:
        return self._scorer.manifest

    def score(self, vectors: Vectors) -> Scores:
        return self._distort(vectors, self._scorer.score(vectors))


def test_the_gate_lets_a_faithful_export_pass_and_tells_how_faithful_it_is(
    scorer: OnnxScorer, model: Classifier
) -> None:
    vectors, _ = rows(6000)
    passed = pass_gate(scorer, model, vectors)
    assert passed.rows == 6000 + len(extremes(vectors))
    assert 0 < passed.max_difference < 1e-5


def test_a_score_that_is_off_on_a_single_row_keeps_the_gate_shut(scorer: OnnxScorer, model: Classifier) -> None:
    vectors, _ = rows(500)

    def off(given: Vectors, scores: Scores) -> Scores:
        return np.where((given == vectors[123]).all(axis=1), scores + np.float32(2e-5), scores)

    with pytest.raises(ContractViolation, match=r"differs from the trained one by 2e-05 on \d+ rows"):
        pass_gate(Distorted(scorer, off), model, vectors)


def test_a_score_that_is_no_number_keeps_the_gate_shut(scorer: OnnxScorer, model: Classifier) -> None:
    with pytest.raises(ContractViolation, match="differs from the trained one by nan"):
        pass_gate(Distorted(scorer, lambda _, scores: scores * np.float32("nan")), model, rows(50)[0])


@pytest.mark.parametrize("size", BATCH_SIZES[:-1])
def test_one_bit_that_depends_on_the_batch_size_keeps_the_gate_shut(
    scorer: OnnxScorer, model: Classifier, size: int
) -> None:
    vectors, _ = rows(600)

    def shaken(given: Vectors, scores: Scores) -> Scores:
        first = (given == vectors[0]).all(axis=1) & (len(given) == size)
        bits: NDArray[np.uint32] = scores.view(np.uint32) ^ first.astype(np.uint32)
        return bits.view(np.float32)

    count = int((vectors == vectors[0]).all(axis=1).sum())
    with pytest.raises(
        ContractViolation, match=rf"^{count} of \d+ rows score differently in batches of {size} and of 4000"
    ):
        pass_gate(Distorted(scorer, shaken), model, vectors)


def test_extremes_hold_zeros_minima_ten_times_the_maxima_and_huge_values_also_column_by_column() -> None:
    vectors, _ = rows(100)
    beyond = {row.tobytes() for row in extremes(vectors)}
    everywhere = [np.zeros(WIDTH), vectors.min(axis=0), vectors.max(axis=0) * 10, np.full(WIDTH, 1e9)]
    assert beyond >= {row.astype(np.float32).tobytes() for row in everywhere}
    alone = np.median(vectors, axis=0).astype(np.float32)
    alone[4] = 1e9
    assert alone.tobytes() in beyond


def test_an_exported_graph_takes_float_vectors_and_gives_probabilities_and_nothing_else(graph: bytes) -> None:
    loaded = onnx.load_from_string(graph)
    onnx.checker.check_model(loaded)
    assert [given.name for given in loaded.graph.input] == [INPUT_NAME]
    assert [given.name for given in loaded.graph.output] == [OUTPUT_NAME]
    opsets = {opset.domain: opset.version for opset in loaded.opset_import}
    assert opsets.pop("") == OPSET
    assert opsets.keys() == {"ai.onnx.ml"}
    assert opsets["ai.onnx.ml"] <= 3


def test_the_same_rows_and_seed_give_the_same_bytes(graph: bytes) -> None:
    assert export(fitted(6000, seed=7), WIDTH) == graph
    assert export(fitted(6000, seed=8), WIDTH) != graph


def test_loading_an_exported_graph_says_nothing(graph: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    OnnxScorer(graph, MANIFEST)
    assert capfd.readouterr() == ("", "")


def test_the_baseline_is_the_median_of_each_column_in_the_bits_of_the_vectors() -> None:
    stayers = np.array([[1, 0.1], [2, 0.3], [9, 0.2]], np.float32)
    assert baseline(stayers) == (2.0, float(np.float32(0.2)))


def test_a_row_weighs_less_the_more_of_its_kind_its_user_has_and_the_kinds_weigh_the_same() -> None:
    weights = row_weights([np.array([5, 5, 5, 5, 9]), np.array([9, 9])])
    assert weights.mean() == pytest.approx(1)
    assert weights[:5].sum() == pytest.approx(weights[5:].sum())
    assert weights[4] / weights[0] == pytest.approx(2)


def test_rows_that_weigh_more_move_the_model_more() -> None:
    vectors, churned = rows(2000)
    heavy = fit(vectors, churned, np.where(churned == 1, 5.0, 1.0), seed=7)
    assert churn_probability(heavy, vectors).mean() > churn_probability(fitted(2000, seed=7), vectors).mean() + 0.1


def test_the_regression_sees_long_tails_bent_between_minus_one_and_one() -> None:
    vectors = np.array([[0, 2, -1], [4, 2, 3]], np.float32)
    bent = Saturation().fit(vectors).transform(vectors)
    assert bent.dtype == np.float32
    assert bent == pytest.approx(np.array([[0, 2 / 3, -1 / 2], [4 / 5, 2 / 3, 3 / 4]]))
    assert Saturation().fit(np.zeros((3, 1), np.float32)).transform(np.ones((1, 1), np.float32)).tolist() == [[0.5]]


def test_probabilities_are_those_of_churn() -> None:
    vectors, churned = rows(2000)
    probability = churn_probability(fitted(2000, seed=7), vectors)
    assert probability[churned == 1].mean() > probability[churned == 0].mean() + 0.05


def test_a_manifest_survives_its_file_in_every_field() -> None:
    assert msgspec.json.decode(msgspec.json.encode(MANIFEST), type=Manifest) == MANIFEST


def test_the_next_version_is_the_minor_one_after_the_highest(tmp_path: Path) -> None:
    assert next_version(tmp_path) == "0.1.0"
    for version in ("0.9.3", "0.10.0", "draft"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "manifest.json").write_text("{}")
    assert next_version(tmp_path) == "0.11.0"
