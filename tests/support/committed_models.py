"""The committed models under the digests of the code at hand, whatever has been declared since they were made.

For tests that need their bytes: of what a log pins, or of what they are worth. That they fit the code as they stand is
the matter of one test, in tests/unit/training/test_committed_models.py.
"""

import shutil
from pathlib import Path

import msgspec

from schemas.manifests import MANIFEST_FILE, Manifest
from stream_app.adapters.onnx_scorer import load_manifest
from stream_app.core.features.plan import compile_workload
from stream_app.workloads import WORKLOADS

COMMITTED = Path(__file__).parents[2] / "models"


def newest_of_all_bytes(models: Path, workload: str) -> list[Manifest]:
    """Of a workload's models the newest version of each of their bytes."""
    manifests = [load_manifest(file.parent) for file in (models / workload).glob(f"*/{MANIFEST_FILE}")]
    manifests.sort(key=lambda manifest: [int(part) for part in manifest.version.split(".")])
    return list({manifest.sha256: manifest for manifest in manifests}.values())


def declare_anew(models: Path) -> None:
    """Copy the committed models there, and give the newest version of all bytes the digests of this code.

    As a release does with every model that may be in force in a log. One that reads what is computed no more is left.
    """
    shutil.copytree(COMMITTED, models, ignore=shutil.ignore_patterns("*.png", "*.md"))
    for workload in WORKLOADS.values():
        compiled = compile_workload(workload)
        for manifest in newest_of_all_bytes(models, workload.name):
            if not set(manifest.features).issubset(compiled.feature_names):
                continue
            schema = compiled.feature_schema(manifest.features)
            anew = msgspec.structs.replace(manifest, state_digest=compiled.state_digest, feature_schema=schema)
            (models / workload.name / manifest.version / MANIFEST_FILE).write_bytes(msgspec.json.encode(anew))
