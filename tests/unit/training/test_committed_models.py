"""The models in the repository. Other tests score with a fixture: a change of the features fails this one alone."""

from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ContractViolation
from schemas.manifests import MANIFEST_FILE, MODEL_FILE
from stream_app.adapters.onnx_scorer import load_manifest, load_model
from stream_app.bootstrap.engine import control_for, engine_of, first_control
from stream_app.settings import Settings
from stream_app.workloads import WORKLOADS
from tests.support.committed_models import COMMITTED, newest_of_all_bytes
from tests.support.event_logs import at


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_every_model_is_what_its_manifest_says_and_all_bytes_stand_under_one_that_fits_the_code(workload: str) -> None:
    for file in (COMMITTED / workload).glob(f"*/{MANIFEST_FILE}"):
        must_be_what_its_manifest_says(file.parent)
    settings = Settings(workload=workload, models_directory=COMMITTED)
    try:
        first_control(settings)
    except ContractViolation as refusal:
        pytest.fail(f"{refusal}, commit it, and say in the changelog what deployments must do")
    for manifest in newest_of_all_bytes(COMMITTED, workload):
        try:
            engine_of(settings).put_in_force(control_for(manifest, at()).data)
        except ContractViolation as refusal:
            pytest.fail(f"{refusal}: commit the same bytes once more, under the digests of this code")


def must_be_what_its_manifest_says(where: Path) -> None:
    manifest = load_manifest(where)
    scorer = load_model(COMMITTED, manifest.reference(), lambda found: found == manifest)
    scores = scorer.score(np.zeros((3, len(manifest.features)), np.float32))
    assert scores.dtype == np.float32
    assert ((scores > 0) & (scores < 1)).all()
    assert (where / MODEL_FILE).stat().st_size < 300_000
    assert manifest.metrics["export"]["max_difference"] < 1e-5
