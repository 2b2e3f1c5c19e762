"""The whole course of training: a log in, an artefact that may be put in force out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec
import numpy as np

from schemas.manifests import OPSET, Manifest
from stream_app.core.features.plan import Compiled
from stream_app.core.scoring import Scorer
from training.card.model_card import model_card
from training.card.plots import JudgedLog, plots
from training.dataset.examples import BothKinds, to_judge_by, to_learn_from, to_look_at
from training.dataset.labels import STAYED
from training.dataset.survey import SNAPSHOT_PROBABILITY, Survey
from training.fitting.artefact import Artefact
from training.fitting.export import export, pass_gate
from training.fitting.model import baseline, fit, row_weights
from training.fitting.thresholds import ThresholdTrial, choose_policy
from training.judging.ceiling import Oracle
from training.judging.importance import importance
from training.judging.looks import Look
from training.judging.report import PlotRows, report

Say = Callable[[str], None]
"""Is told of each step in words."""
NewScorer = Callable[[bytes, Manifest], Scorer]
"""From a graph and its manifest to what scores with it live."""


@dataclass(frozen=True)
class LogOrigin:
    """Where the events of a log come from, their number and hash."""

    source: str
    events: int
    sha256: str


@dataclass(frozen=True)
class TrainingSpec:
    """A version to be made, the seed of all that is drawn, and the oracle to stand beside it, if there is one.

    `rollouts` says how many futures the oracle tries for each moment.
    """

    version: str
    seed: int
    oracle: Oracle | None = None
    rollouts: int = 0


@dataclass(frozen=True)
class Trained:
    """A model that has passed the gate, and what plots are drawn from: `real` only if it looked at such a log."""

    graph: bytes
    manifest: Manifest
    plot_rows: PlotRows
    real: PlotRows | None = None


def train(
    compiled: Compiled, surveyed: Survey, origin: LogOrigin, spec: TrainingSpec, new_scorer: NewScorer, say: Say
) -> Trained:
    """Label, fit, export, choose thresholds, judge, beside the oracle where there is one.

    Raises ContractViolation when the log is too short, too few users churn in it, or the export gate stays shut.
    """
    learnt, unseen = to_learn_from(surveyed), to_judge_by(surveyed)
    vectors, churned = _rows(learnt)
    say(f"Fitting on {len(vectors):,} snapshots")
    weights = row_weights([learnt.updates.rows.user, learnt.daily.rows.user])
    model = fit(vectors, churned, weights, spec.seed)
    graph = export(model, len(compiled.feature_names))
    draft = _draft(compiled, spec, graph, baseline(vectors[churned == STAYED]))
    scorer = new_scorer(graph, draft)
    say("Comparing the exported model with the trained one")
    gate = pass_gate(scorer, model, vectors)
    say("Choosing thresholds")
    month = surveyed.whole_months()
    trial = ThresholdTrial(compiled, month, scorer.score(month.vectors))
    policy = choose_policy(trial)
    say("Judging on unseen users")
    found, plot_rows = report(surveyed, unseen, scorer.score, policy.enter, spec.seed, spec.oracle)
    metrics = {
        "held_out": found,
        "importance": importance(scorer.score, unseen.updates, compiled.feature_names, spec.seed),
        "rollouts": spec.rollouts,
        "policy": {"users": trial.users, "alerted_share": round(trial.alerted_share(policy), 4)},
        "export": {"rows": gate.rows, "max_difference": gate.max_difference},
    }
    data = _data(surveyed, learnt, origin, spec.seed)
    return Trained(graph, msgspec.structs.replace(draft, policy=policy, data=data, metrics=metrics), plot_rows)


def look(trained: Trained, surveyed: Survey, origin: LogOrigin, seed: int, new_scorer: NewScorer) -> Trained:
    """Judge on a log apart, all of whose users are unseen; the figures join those of the manifest.

    Raises ContractViolation when too few of its users churn.
    """
    manifest, unseen = trained.manifest, to_look_at(surveyed)
    scorer = new_scorer(trained.graph, manifest)
    found, plot_rows = report(surveyed, unseen, scorer.score, manifest.policy.enter, seed)
    log = {**asdict(origin), "users": len(surveyed.names), "days": surveyed.days, "unusable": surveyed.dead}
    metrics = {**manifest.metrics, "real": {"log": log, **found}}
    return replace(trained, manifest=msgspec.structs.replace(manifest, metrics=metrics), real=plot_rows)


def artefact(compiled: Compiled, trained: Trained, looks: Sequence[Look], limits: str) -> Artefact:
    """The model with its card and plots; `looks` are those at the real log so far, `limits` the workload's."""
    manifest = trained.manifest
    meanings = {name: feature.label for name, feature in compiled.workload.features.items()}
    logs = [JudgedLog("held-out users", manifest.metrics["held_out"], trained.plot_rows)]
    if trained.real is not None:
        logs.append(JudgedLog("real log", manifest.metrics["real"], trained.real))
    images = plots(logs, manifest.metrics["importance"], meanings)
    return Artefact(trained.graph, manifest, model_card(manifest, meanings, looks, limits), images)


def _rows(learnt: BothKinds) -> tuple[Any, Any]:
    kinds = (learnt.updates, learnt.daily)
    return np.concatenate([kind.rows.vectors for kind in kinds]), np.concatenate([kind.churned for kind in kinds])


def _draft(compiled: Compiled, spec: TrainingSpec, graph: bytes, typical: tuple[float, ...]) -> Manifest:
    """The manifest before the model has been tried: without figures, and with the workload's own policy."""
    workload = compiled.workload
    return Manifest(
        name=workload.name,
        version=spec.version,
        workload=workload.name,
        sha256=hashlib.sha256(graph).hexdigest(),
        opset=OPSET,
        horizon_days=workload.horizon_days,
        features=compiled.feature_names,
        baseline=typical,
        state_digest=compiled.state_digest,
        feature_schema=compiled.feature_schema(compiled.feature_names),
        policy=workload.policy,
        data={},
        metrics={},
    )


def _data(surveyed: Survey, learnt: BothKinds, origin: LogOrigin, seed: int) -> dict[str, Any]:
    return {
        **asdict(origin),
        "unusable": surveyed.dead,
        "users": len(surveyed.part),
        "days": surveyed.days,
        "seed": seed,
        "probability": SNAPSHOT_PROBABILITY,
        "snapshots": len(learnt.updates),
        "positives": learnt.updates.positives,
        "daily_snapshots": len(learnt.daily),
        "daily_positives": learnt.daily.positives,
    }
