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


@pytest.fixture
def own_models(models: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    shutil.copytree(models / "music", tmp_path / "music")
    return tmp_path


def artefact(models: Path) -> tuple[Path, Manifest]:
    manifest = newest_model(models, "music")
    return models / "music" / manifest.version, manifest


def anything(manifest: Manifest) -> bool:
    """Fits whatever a manifest says."""
    return True


def rewrite(where: Path, manifest: Manifest) -> None:
    (where / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest))


def test_one_changed_byte_of_the_model_is_refused(own_models: Path) -> None:
    where, manifest = artefact(own_models)
    model = bytearray((where / MODEL_FILE).read_bytes())
    model[len(model) // 2] ^= 1
    (where / MODEL_FILE).write_bytes(model)
    with pytest.raises(ContractViolation, match=f"no version below .* as music/{manifest.version}") as refusal:
        load_model(own_models, manifest.reference(), anything)
    assert refusal.value.state == "missing_model"


def copied(own_models: Path, version: str, **changed: Any) -> Manifest:  # noqa: ANN401 - fields of a manifest
    """The model's bytes under another version, with another manifest."""
    where, manifest = artefact(own_models)
    shutil.copytree(where, own_models / "music" / version)
    made = msgspec.structs.replace(manifest, version=version, **changed)
    rewrite(own_models / "music" / version, made)
    return made


def test_the_bytes_that_a_record_pins_are_found_under_the_version_whose_manifest_fits(own_models: Path) -> None:
    _, manifest = artefact(own_models)
    fitting = copied(own_models, "0.0.9", state_digest="5" * 16)
    loaded = load_model(own_models, manifest.reference(), lambda found: found.state_digest == "5" * 16)
    assert loaded.manifest == fitting
    gone = msgspec.structs.replace(manifest.reference(), version="0.0.0-gone")
    assert load_model(own_models, gone, lambda found: found.state_digest == "5" * 16).manifest == fitting


def test_of_versions_that_fit_the_one_that_is_named_goes_before_newer_ones(own_models: Path) -> None:
    _, manifest = artefact(own_models)
    copied(own_models, "9.0.0")
    copied(own_models, "10.0.0")
    assert load_model(own_models, manifest.reference(), anything).manifest == manifest
    gone = msgspec.structs.replace(manifest.reference(), version="0.0.0-gone")
    assert load_model(own_models, gone, anything).manifest.version == "10.0.0"


def test_bytes_under_manifests_of_other_features_only_are_refused_by_all_their_versions(own_models: Path) -> None:
    _, manifest = artefact(own_models)
    copied(own_models, "9.0.0")
    with pytest.raises(ContractViolation, match=rf"as {manifest.version}, 9.0.0, made for other") as refusal:
        load_model(own_models, manifest.reference(), lambda found: False)
    assert refusal.value.state == "wrong_model"


def test_a_manifest_with_another_number_of_features_is_refused(own_models: Path) -> None:
    where, manifest = artefact(own_models)
    rewrite(where, msgspec.structs.replace(manifest, features=manifest.features[:-1]))
    with pytest.raises(ContractViolation, match=f"its manifest says {len(manifest.features) - 1} float features"):
        load_model(own_models, manifest.reference(), anything)


def test_a_manifest_that_cannot_be_read_is_refused(own_models: Path) -> None:
    where, _ = artefact(own_models)
    (where / MANIFEST_FILE).write_text("{}")
    with pytest.raises(ContractViolation, match="is no manifest"):
        load_manifest(where)


def test_the_newest_model_is_the_one_with_the_highest_version_not_the_last_by_letters(own_models: Path) -> None:
    where, manifest = artefact(own_models)
    for version in ("1.9.0", "1.10.0"):
        shutil.copytree(where, own_models / "music" / version)
        rewrite(own_models / "music" / version, msgspec.structs.replace(manifest, version=version))
    assert newest_model(own_models, "music").version == "1.10.0"


def test_a_lone_row_scores_as_it_does_in_company(models: Path) -> None:
    _, manifest = artefact(models)
    scorer = load_model(models, manifest.reference(), anything)
    rows = np.random.default_rng(5).normal(size=(64, len(manifest.features))).astype(np.float32)
    together = scorer.score(rows)
    assert [scorer.score(rows[i : i + 1])[0] for i in range(len(rows))] == together.tolist()
