"""From the options of `churn backtest` to a period and the rows that are wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from backtest.period import Period, bound_ms
from backtest.variants import LIVE, OWN, ModelChoice, PolicyChoice, Variant, read_policy, variants_of
from cli.console import ERR
from cli.event_logs import LogFile
from producers.event_files import read_events
from schemas.events import Control, ControlData
from stream_app.bootstrap.engine import load_manifest, newest_model
from stream_app.settings import Settings


@dataclass(frozen=True)
class WantedRows:
    """The rows that are wanted; `start` is in force from the log's beginning on, None if control records are."""

    variants: Sequence[Variant]
    start: ControlData | None


def period_of(begin: str | None, end: str | None) -> Period:
    """The period that the options bound. Raises BadParameter when they bound none."""
    bounds: list[int | None] = []
    for text, option in ((begin, "--from"), (end, "--to")):
        try:
            bounds.append(None if text is None else bound_ms(text))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=option) from error
    try:
        return Period(*bounds)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--to") from error


def rows_of(settings: Settings, events: LogFile | None, model: str | None, policy: str | None) -> WantedRows:
    """The rows that the options ask for. Raises BadParameter, or ContractViolation when a file cannot be used."""
    models = [_model(settings, name) for name in _names(model, "--model")]
    policies = [_policy(name) for name in _names(policy, "--policy")]
    if events is None or _begins_with_control(events):
        return WantedRows(variants_of(models or [ModelChoice()], policies or [PolicyChoice()]), None)
    if LIVE in {model.name for model in models} | {policy.name for policy in policies}:
        raise typer.BadParameter(
            f"{events.name} does not begin with a control record, so nothing is live there: name models and policies",
            param_hint=f"{LIVE!r}",
        )
    newest = newest_model(settings.models_directory, settings.workload)
    if not models:
        models = [ModelChoice(f"{newest.name}/{newest.version}", newest.reference())]
        ERR.print(
            f"{events.name} names no model: taking the newest one, {models[0].name}", markup=False, soft_wrap=True
        )
    start = ControlData(model=newest.reference(), policy=newest.policy)
    return WantedRows(variants_of(models, policies or [PolicyChoice(OWN)]), start)


def _begins_with_control(events: LogFile) -> bool:
    first = next(read_events(events.path, events.name), None)
    return first is not None and isinstance(first.record, Control)


def _names(text: str | None, option: str) -> list[str]:
    names = [] if text is None else [name.strip() for name in text.split(",")]
    if "" in names:
        raise typer.BadParameter(f"{text!r} has an empty name between its commas", param_hint=option)
    return names


def _model(settings: Settings, name: str) -> ModelChoice:
    if name == LIVE:
        return ModelChoice()
    if name.count("/") != 1:
        raise typer.BadParameter(f"{name!r} is no NAME/VERSION such as music/0.6.0", param_hint="--model")
    return ModelChoice(name, load_manifest(settings.models_directory / name).reference())


def _policy(name: str) -> PolicyChoice:
    if name in (LIVE, OWN):
        return PolicyChoice(name)
    if not Path(name).is_file():
        raise typer.BadParameter(f"there is no file {name!r}", param_hint="--policy")
    return PolicyChoice(name, read_policy(Path(name)))
