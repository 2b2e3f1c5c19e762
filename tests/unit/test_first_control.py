"""The control record that new topics begin with names a model that this code can run."""

import shutil
from pathlib import Path

import msgspec
import pytest

from schemas.errors import ContractViolation
from schemas.manifests import MANIFEST_FILE
from stream_app.bootstrap.engine import first_control, load_manifest
from stream_app.settings import Settings
from tests.support.fixture_model import FIXTURE, VERSION


def test_it_puts_the_newest_model_in_force_with_its_own_policy(models: Path) -> None:
    manifest = load_manifest(models / FIXTURE)
    data = first_control(Settings()).data
    assert (data.model, data.policy) == (manifest.reference(), manifest.policy)


def test_a_newest_model_of_other_features_is_refused_with_the_command_that_makes_another(
    models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / FIXTURE, tmp_path / FIXTURE)
    other = msgspec.structs.replace(load_manifest(models / FIXTURE), state_digest="0" * 16)
    (tmp_path / FIXTURE / MANIFEST_FILE).write_bytes(msgspec.json.encode(other))
    sentence = rf"newest model, music/{VERSION}, was made for other features .* with `churn train music`"
    with pytest.raises(ContractViolation, match=sentence) as refusal:
        first_control(Settings(models_directory=tmp_path))
    assert refusal.value.state == "wrong_model"
