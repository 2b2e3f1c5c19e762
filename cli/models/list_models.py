"""`churn models list`: which models there are."""

import msgspec

from cli.console import OUT, print_json
from cli.options import AsJson
from schemas.manifests import MANIFEST_FILE, Manifest
from stream_app.bootstrap.engine import load_manifest
from stream_app.settings import Settings


def list_models(as_json: AsJson = False) -> None:
    """List the models of this deployment's workload.

    Example: churn models list
    """
    settings = Settings()
    found = sorted((settings.models_directory / settings.workload).glob(f"*/{MANIFEST_FILE}"))
    manifests = [load_manifest(path.parent) for path in found]
    if as_json:
        print_json({"models": [msgspec.to_builtins(manifest) for manifest in manifests]})
        return
    for manifest in manifests:
        auc = _auc(manifest)
        OUT.print(f"{manifest.name}/{manifest.version}  {manifest.sha256[:12]}  AUC {auc}", markup=False)


def _auc(manifest: Manifest) -> str:
    """On users it never saw, at scored updates; a dash for a model that is not from `churn train`."""
    figure = manifest.metrics.get("held_out", {}).get("updates", {}).get("auc", {})
    return str(figure.get("value", "-"))
