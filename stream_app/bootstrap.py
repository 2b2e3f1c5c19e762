"""The composition root: the only place that knows which concrete class stands behind a port."""

import time
from pathlib import Path

from schemas.errors import ContractViolation
from schemas.events import Control, ControlData, ModelRef
from schemas.instants import format_instant
from schemas.manifests import Manifest
from schemas.topics import CUSTOMER_EVENTS
from stream_app.adapters.onnx_scorer import load_model, newest_model
from stream_app.core.catalogue import Workload
from stream_app.core.engine import Engine
from stream_app.core.plan import compile_workload
from stream_app.core.scoring import Scorer
from stream_app.settings import Settings
from stream_app.workloads import music

WORKLOADS = {music.WORKLOAD.name: music.WORKLOAD}


def workload_named(name: str) -> Workload:
    """A workload by name. Raises ContractViolation when there is none of that name."""
    if name not in WORKLOADS:
        raise ContractViolation(f"there is no workload {name!r}: choose one of {', '.join(sorted(WORKLOADS))}")
    return WORKLOADS[name]


def engine(settings: Settings) -> Engine:
    """The engine of this deployment's workload, with models from its models directory."""
    return engine_for(settings.workload, settings.models_directory, settings.topic_prefix + CUSTOMER_EVENTS.name)


def engine_for(workload: str, models: Path, topic: str) -> Engine:
    """An engine for any workload, models directory and topic."""

    def load(reference: ModelRef) -> Scorer:
        return load_model(models, reference)

    return Engine(compile_workload(workload_named(workload)), load, topic)


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
    """The control record that new topics begin with: the newest model of the workload."""
    return control_for(newest_model(settings.models_directory, settings.workload), time.time_ns() // 1_000_000)
