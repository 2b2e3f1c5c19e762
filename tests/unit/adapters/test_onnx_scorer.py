"""An artefact is believed only as far as its bytes, its manifest and the record that promotes it agree."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from schemas.errors import ContractViolation
from schemas.manifests import MANIFEST_FILE, MODEL_FILE, Manifest
from stream_app.adapters.onnx_scorer import load_manifest, load_model, newest_model

MODELS = Path(__file__).parents[3] / "models"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A directory with the newest model alone."""
    version = newest_model(MODELS, "music").version
    shutil.copytree(MODELS / "music" / version, tmp_path / "music" / version)
    return tmp_path


def artefact(models: Path) -> tuple[Path, Manifest]:
    manifest = newest_model(models, "music")
    return models / "music" / manifest.version, manifest


def anything(manifest: Manifest) -> bool:
    """Fits whatever a manifest says."""
    return True


def rewrite(where: Path, manifest: Manifest) -> None:
    (where / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest))


def test_the_committed_model_is_what_its_manifest_says() -> None:
    _, manifest = artefact(MODELS)
    scores = load_model(MODELS, manifest.reference(), anything).score(np.zeros((3, len(manifest.features)), np.float32))
    assert scores.dtype == np.float32
    assert ((scores > 0) & (scores < 1)).all()


def test_one_changed_byte_of_the_model_is_refused(models: Path) -> None:
    where, manifest = artefact(models)
    model = bytearray((where / MODEL_FILE).read_bytes())
    model[len(model) // 2] ^= 1
    (where / MODEL_FILE).write_bytes(model)
    with pytest.raises(ContractViolation, match=f"no version below .* as music/{manifest.version}") as refusal:
        load_model(models, manifest.reference(), anything)
    assert refusal.value.state == "missing_model"


def copied(models: Path, version: str, **changed: Any) -> Manifest:  # noqa: ANN401 - fields of a manifest
    """The newest model's bytes under another version, with another manifest."""
    where, manifest = artefact(models)
    shutil.copytree(where, models / "music" / version)
    made = msgspec.structs.replace(manifest, version=version, **changed)
    rewrite(models / "music" / version, made)
    return made


def test_the_bytes_that_a_record_pins_are_found_under_the_version_whose_manifest_fits(models: Path) -> None:
    _, manifest = artefact(models)
    fitting = copied(models, "0.0.9", state_digest="5" * 16)
    loaded = load_model(models, manifest.reference(), lambda found: found.state_digest == "5" * 16)
    assert loaded.manifest == fitting
    gone = msgspec.structs.replace(manifest.reference(), version="0.0.0-gone")
    assert load_model(models, gone, lambda found: found.state_digest == "5" * 16).manifest == fitting


def test_of_versions_that_fit_the_one_that_is_named_goes_before_newer_ones(models: Path) -> None:
    _, manifest = artefact(models)
    copied(models, "9.0.0")
    copied(models, "10.0.0")
    assert load_model(models, manifest.reference(), anything).manifest == manifest
    gone = msgspec.structs.replace(manifest.reference(), version="0.0.0-gone")
    assert load_model(models, gone, anything).manifest.version == "10.0.0"


def test_bytes_under_manifests_of_other_features_only_are_refused_by_all_their_versions(models: Path) -> None:
    _, manifest = artefact(models)
    copied(models, "9.0.0")
    with pytest.raises(ContractViolation, match=rf"as {manifest.version}, 9.0.0, made for other") as refusal:
        load_model(models, manifest.reference(), lambda found: False)
    assert refusal.value.state == "wrong_model"


def test_a_manifest_with_another_number_of_features_is_refused(models: Path) -> None:
    where, manifest = artefact(models)
    rewrite(where, msgspec.structs.replace(manifest, features=manifest.features[:-1]))
    with pytest.raises(ContractViolation, match=f"its manifest says {len(manifest.features) - 1} float features"):
        load_model(models, manifest.reference(), anything)


def test_a_manifest_that_cannot_be_read_is_refused(models: Path) -> None:
    where, _ = artefact(models)
    (where / MANIFEST_FILE).write_text("{}")
    with pytest.raises(ContractViolation, match="is no manifest"):
        load_manifest(where)


def test_the_newest_model_is_the_one_with_the_highest_version_not_the_last_by_letters(models: Path) -> None:
    where, manifest = artefact(models)
    for version in ("0.9.0", "0.10.0"):
        shutil.copytree(where, models / "music" / version)
        rewrite(models / "music" / version, msgspec.structs.replace(manifest, version=version))
    assert newest_model(models, "music").version == "0.10.0"


def test_a_lone_row_scores_as_it_does_in_company() -> None:
    _, manifest = artefact(MODELS)
    scorer = load_model(MODELS, manifest.reference(), anything)
    rows = np.random.default_rng(5).normal(size=(64, len(manifest.features))).astype(np.float32)
    together = scorer.score(rows)
    assert [scorer.score(rows[i : i + 1])[0] for i in range(len(rows))] == together.tolist()
