"""Engines with their models, and the control records that put these in force."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from schemas.errors import ContractViolation
from schemas.events import Activity, ActivityData, Control, ControlData, ModelRef
from schemas.instants import format_instant
from schemas.manifests import Manifest
from stream_app.adapters.compiled import scorer as compiled_scorer
from stream_app.adapters.compiled.scorer import ComparedScorer, Comparisons
from stream_app.adapters.onnx_scorer import MakeScorer, OnnxScorer, load_manifest, load_model, newest_model
from stream_app.core.decisions.facts import Facts
from stream_app.core.decisions.policy import decide
from stream_app.core.engine import Engine, Recorded, fits
from stream_app.core.features.codec import pack, unpack
from stream_app.core.features.plan import Compiled, compile_workload
from stream_app.core.hashing import fingerprints
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.core.scoring import Scorer
from stream_app.deployment import Topics
from stream_app.settings import Settings
from stream_app.workloads import workload_named

__all__ = ["ComparedScorer", "Comparisons", "OnnxScorer", "load_manifest", "newest_model"]


def engine_of(settings: Settings, made: MakeScorer = OnnxScorer) -> Engine:
    """The engine of this deployment's workload, with models from its models directory."""
    return engine_for(settings.workload, settings.models_directory, Topics(settings.topic_prefix).events, made)


def engine_for(workload: str, models: Path, topic: str, made: MakeScorer = OnnxScorer) -> Engine:
    """An engine for any workload, models directory and topic."""
    compiled = compile_workload(workload_named(workload))
    return Engine(compiled, models_for(compiled, models, made), topic)


def models_for(compiled: Compiled, directory: Path, made: MakeScorer = OnnxScorer) -> Callable[[ModelRef], Scorer]:
    """Finds the models that control records pin, each under a manifest that fits the workload."""
    return partial(load_model, directory, fits=partial(fits, compiled=compiled), made=made)


def control_for(manifest: Manifest, at_ms: int) -> Control:
    """The control record that puts a model in force with the policy it was made with."""
    return Control(
        specversion="1.0",
        id=f"control-{manifest.name}-{manifest.version}-{at_ms}",
        source="/churn/operations",
        time=format_instant(at_ms),
        datacontenttype="application/json",
        data=ControlData(model=manifest.reference(), policy=manifest.policy),
    )


def first_control(settings: Settings) -> Control:
    """The control record that new topics begin with: the newest model of the workload.

    Raises ContractViolation when there is none (`missing_model`), or when this code cannot run it (`wrong_model`).
    """
    newest = newest_model(settings.models_directory, settings.workload)
    control = control_for(newest, time.time_ns() // 1_000_000)
    try:
        engine_of(settings).put_in_force(control.data)
    except ContractViolation as refusal:
        if refusal.state != "wrong_model":
            raise
        raise ContractViolation(
            f"the newest model, {newest.name}/{newest.version}, was made for other features than this code computes: "
            f"train one that fits with `churn train {settings.workload}`",
            state="wrong_model",
        ) from refusal
    return control


def warm_up(engine: Engine) -> None:
    """Compile the kernels before the worker joins its group: cold, they would hold up the loop for seconds."""
    records = np.zeros(1, engine.compiled.record)
    data = ActivityData(action="none")
    event = Activity(specversion="1.0", id="1", source="/warm-up", time=format_instant(1), subject="user", data=data)
    found = msgspec.json.encode(event)
    to_be_decoded = b" " + found
    log = [PlainRecord(0, 1, b"user", found), PlainRecord(1, 1, b"user", to_be_decoded)]
    events = take_in(log, 0, 1, declared=engine.compiled.declared).events
    advance = engine.advance(records, events, None, Recorded({}, -1), 0)
    fingerprints(advance.folded.vectors)
    none, of_none = np.zeros(0, np.int64), (advance.folded.events[:0], advance.folded.churned[:0], advance.scores)
    decide(records, none, Facts(none, none, *of_none), engine.compiled.workload.policy)
    unpack(pack(records), engine.compiled.record)
    compiled_scorer.warm_up()
