"""`churn models promote`: puts a model in force."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from backtest.variants import read_policy
from cli.console import OUT, print_json
from cli.options import AsJson
from stream_app.bootstrap.deployment import deployment_of, write_control
from stream_app.bootstrap.engine import control_for, engine_of, load_manifest
from stream_app.settings import Settings


def promote(
    model: Annotated[str, typer.Argument(help="NAME/VERSION below the models directory.")],
    policy: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="JSON or TOML file with another policy than the model's own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a model in force: a control record goes to every partition and takes effect at its offset.

    Example: churn models promote music/0.6.0
    """
    settings = Settings()
    manifest = load_manifest(settings.models_directory / model)
    control = control_for(manifest, time.time_ns() // 1_000_000)
    if policy is not None:
        data = msgspec.structs.replace(control.data, policy=read_policy(policy))
        control = msgspec.structs.replace(control, data=data)
    engine_of(settings).put_in_force(control.data)
    deployment = deployment_of(settings)
    offsets, topic = write_control(deployment, control), deployment.topics.events
    if as_json:
        print_json({"model": msgspec.to_builtins(control.data.model), "topic": topic, "offsets": offsets})
    else:
        OUT.print(f"{model} is in force on {topic} from offsets {offsets} on", markup=False)
