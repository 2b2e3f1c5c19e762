"""`churn models show`: what a model reads, was made from, and is worth, and whether it fits this code."""

from typing import Annotated

import msgspec
import typer
from rich.table import Table

from cli.console import OUT, print_json
from cli.models.figure_table import figure_table
from cli.options import AsJson
from schemas.errors import ContractViolation
from schemas.events import ControlData
from schemas.manifests import Manifest
from stream_app.bootstrap.engine import Comparisons, engine_for, load_manifest
from stream_app.core.durations import DAY_MS
from stream_app.core.scoring import Choice
from stream_app.settings import Settings
from stream_app.workloads import workload_named

_SCORERS = {"compiled": "by its compiled graph", "onnxruntime": "by ONNX Runtime"}


def show_model(
    model: Annotated[str, typer.Argument(help="NAME/VERSION below the models directory.")],
    as_json: AsJson = False,
) -> None:
    """Show what a model reads, was made from and is worth, its policy and digests, and whether it fits this code.

    Example: churn models show music/0.6.0
    """
    settings = Settings()
    manifest = load_manifest(settings.models_directory / model)
    runs_as, fit, choice = _fit(settings, manifest)
    if as_json:
        scored = {"scorer": choice and choice.scorer, "scorer_why": choice and choice.why}
        print_json({**msgspec.to_builtins(manifest), "runs_as": runs_as, "fit": fit, **scored})
        return
    for name, text in _facts(manifest, fit, choice).items():
        OUT.print(f"{name:<9} {text}", markup=False, soft_wrap=True)
    for title, found in (("Held-out users", "held_out"), ("Real log", "real")):
        if found in manifest.metrics:
            OUT.print("", figure_table(title, manifest.metrics[found]), sep="\n")
    OUT.print("", _columns(manifest), sep="\n")


def _fit(settings: Settings, manifest: Manifest) -> tuple[str | None, str, Choice | None]:
    """The version under whose manifest this code runs the model's bytes, and what scores it, None if nothing can; and
    a sentence of it."""
    data = ControlData(model=manifest.reference(), policy=manifest.policy)
    comparisons = Comparisons()
    engine = engine_for(manifest.workload, settings.models_directory, "", comparisons.scorer)
    try:
        found = engine.put_in_force(data).scorer.manifest
    except ContractViolation as error:
        return None, f"no: {error}", None
    same = found.version == manifest.version
    fit = "this code runs it" if same else f"this code runs its bytes as {found.name}/{found.version}"
    return found.version, fit, comparisons.choice(found)


def _facts(manifest: Manifest, fit: str, choice: Choice | None) -> dict[str, str]:
    policy = manifest.policy
    return {
        "Model": f"{manifest.name}/{manifest.version} of workload {manifest.workload}, sha256 {manifest.sha256}",
        "Fits": fit,
        **({"Scored": f"{_SCORERS[choice.scorer]}: {choice.why}"} if choice else {}),
        "Says": f"the chance that a user churns within {manifest.horizon_days} days",
        "Digests": f"states {manifest.state_digest}, columns {manifest.feature_schema}",
        "Policy": f"{policy.name}, version {policy.version}: fires at {policy.enter}, critical at {policy.critical}, "
        f"ends below {policy.leave}; no new alert for {policy.cooldown_s * 1000 / DAY_MS:g} days after the end",
        "Data": ", ".join(f"{name.replace('_', ' ')} {_told(value)}" for name, value in manifest.data.items()),
    }


def _told(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _columns(manifest: Manifest) -> Table:
    """What the model reads, in its order, beside a typical stayer."""
    title = f"Reads {len(manifest.features)} columns"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("column", no_wrap=True)
    table.add_column("typical stayer", justify="right")
    table.add_column("in words")
    labels = _labels(manifest.workload)
    for name, typical in zip(manifest.features, manifest.baseline, strict=True):
        table.add_row(name, f"{typical:.3g}", labels.get(name, "not a feature of this code"))
    return table


def _labels(workload: str) -> dict[str, str]:
    try:
        return {name: feature.label for name, feature in workload_named(workload).features.items()}
    except ContractViolation:
        return {}
