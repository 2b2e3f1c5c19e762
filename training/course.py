"""The whole course of training: a log in, an artefact that may be put in force out."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.manifests import OPSET, Manifest
from stream_app.adapters.onnx_scorer import OnnxScorer
from stream_app.core.plan import Compiled
from training.artefact import Artefact
from training.evaluation import evaluate
from training.examples import Examples, to_judge_by, to_learn_from
from training.export import export, pass_gate
from training.labels import STAYED
from training.model import baseline, fit
from training.model_card import model_card
from training.survey import SNAPSHOT_PROBABILITY, Survey
from training.thresholds import Trial, choose_policy


@dataclass(frozen=True)
class Order:
    """A version to be made; the seed of all that is drawn; where the events come from, their number and hash."""

    version: str
    seed: int
    source: str
    events: int
    sha256: str


def train(compiled: Compiled, surveyed: Survey, order: Order, say: Callable[[str], None]) -> Artefact:
    """Label, fit, export, choose thresholds, judge; `say` is told of each step in words.

    Raises ContractViolation when the log is too short, too few users churn in it, or the export gate stays shut.
    """
    learnt, unseen = to_learn_from(surveyed), to_judge_by(surveyed)
    say(f"Fitting on {len(learnt.rows):,} snapshots")
    model = fit(learnt.rows.vectors, learnt.churned, order.seed)
    graph = export(model, len(compiled.feature_names))
    draft = _draft(compiled, order, graph, baseline(learnt.rows.vectors[learnt.churned == STAYED]))
    scorer = OnnxScorer(graph, draft)
    say("Comparing the exported model with the trained one")
    gate = pass_gate(scorer, model, learnt.rows.vectors)
    say("Choosing thresholds, judging on unseen users")
    month = surveyed.whole_months()
    trial = Trial(compiled, month, scorer.score(month.vectors))
    policy = choose_policy(trial)
    metrics = {
        **evaluate(unseen.churned, scorer.score(unseen.rows.vectors), unseen.rows.user, order.seed),
        "policy": {"users": trial.users, "alerted_share": round(trial.alerted_share(policy), 4)},
        "export": {"rows": gate.rows, "max_difference": gate.max_difference},
    }
    manifest = msgspec.structs.replace(draft, policy=policy, data=_data(surveyed, learnt, order), metrics=metrics)
    labels = {name: feature.label for name, feature in compiled.workload.features.items()}
    return Artefact(graph, manifest, model_card(manifest, labels))


def _draft(compiled: Compiled, order: Order, graph: bytes, typical: tuple[float, ...]) -> Manifest:
    """The manifest before the model has been tried: without figures, and with the workload's own policy."""
    workload = compiled.workload
    return Manifest(
        name=workload.name,
        version=order.version,
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


def _data(surveyed: Survey, learnt: Examples, order: Order) -> dict[str, Any]:
    return {
        "source": order.source,
        "events": order.events,
        "unusable": surveyed.dead,
        "users": len(surveyed.part),
        "days": surveyed.days,
        "seed": order.seed,
        "sha256": order.sha256,
        "probability": SNAPSHOT_PROBABILITY,
        "snapshots": len(learnt.rows),
        "positives": learnt.positives,
    }
