"""The models in the repository. Other tests score with a fixture: a change of the features fails this one alone."""

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ContractViolation
from schemas.manifests import MANIFEST_FILE, MODEL_FILE
from stream_app.adapters.onnx_scorer import load_manifest, load_model, newest_model
from stream_app.bootstrap.engine import control_for, engine_for
from stream_app.workloads import WORKLOADS
from tests.support.event_logs import at

MODELS = Path(__file__).parents[3] / "models"


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_every_model_is_what_its_manifest_says_and_the_newest_fits_the_code(workload: str) -> None:
    for where in (MODELS / workload).glob(f"*/{MANIFEST_FILE}"):
        must_be_what_its_manifest_says(where.parent)
    newest = newest_model(MODELS, workload)
    try:
        engine = engine_for(workload, MODELS, "customer-events")
        assert engine.put_in_force(control_for(newest, at()).data).scorer.manifest == newest
    except ContractViolation as refusal:
        pytest.fail(f"{refusal}, commit the new version, and say in the changelog what deployments must do")


def must_be_what_its_manifest_says(where: Path) -> None:
    manifest = load_manifest(where)
    scorer = load_model(MODELS, manifest.reference(), lambda found: found == manifest)
    scores = scorer.score(np.zeros((3, len(manifest.features)), np.float32))
    assert scores.dtype == np.float32
    assert ((scores > 0) & (scores < 1)).all()
    assert (where / MODEL_FILE).stat().st_size < 300_000
    assert manifest.metrics["export"]["max_difference"] < 1e-5
