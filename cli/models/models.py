"""`churn models`: which models there are, and which one is in force."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from cli.console import OUT, print_json
from schemas.errors import ContractViolation
from schemas.events import Policy
from schemas.manifests import MANIFEST_FILE, Manifest
from stream_app.bootstrap.deployment import deployment_of, write_control
from stream_app.bootstrap.engine import control_for, engine_of, load_manifest
from stream_app.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List models, put one in force.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@app.command(name="list")
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


@app.command()
def promote(
    model: Annotated[str, typer.Argument(help="NAME/VERSION below the models directory.")],
    policy: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="JSON file with another policy than the model's own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a model in force: a control record goes to every partition and takes effect at its offset.

    Example: churn models promote music/0.4.0
    """
    settings = Settings()
    manifest = load_manifest(settings.models_directory / model)
    control = control_for(manifest, time.time_ns() // 1_000_000)
    if policy is not None:
        data = msgspec.structs.replace(control.data, policy=_policy(policy))
        control = msgspec.structs.replace(control, data=data)
    engine_of(settings).put_in_force(control.data)
    deployment = deployment_of(settings)
    offsets, topic = write_control(deployment, control), deployment.topics.events
    if as_json:
        print_json({"model": msgspec.to_builtins(control.data.model), "topic": topic, "offsets": offsets})
    else:
        OUT.print(f"{model} is in force on {topic} from offsets {offsets} on", markup=False)


def _policy(path: Path) -> Policy:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Policy)
    except msgspec.DecodeError as error:
        raise ContractViolation(f"{path} is no policy: {error}") from error
