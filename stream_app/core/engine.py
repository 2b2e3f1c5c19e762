"""The fold as a whole: states and a run of records in, states, scores and alerts out.

The live worker, replays and training differ only in where records come from and where results go.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import Alert
from schemas.errors import ContractViolation
from schemas.events import ControlData, ModelRef
from schemas.manifests import Manifest
from stream_app.core.columns import to_columns
from stream_app.core.decisions.alerts import Cause, Situation, compose
from stream_app.core.decisions.facts import Facts
from stream_app.core.decisions.policy import decide, restore
from stream_app.core.decisions.reasons import explain
from stream_app.core.decisions.rules import refuse_unknown_rules
from stream_app.core.features.fold import APPLIED, REPEATED, SEEN, fold
from stream_app.core.features.plan import Compiled
from stream_app.core.hashing import fingerprints
from stream_app.core.intake.events import Events
from stream_app.core.scoring import Scorer, Scores, Vectors
from stream_app.core.tables import Columns, Folded


@dataclass(frozen=True)
class InForce:
    """What decides, from a control record on: the model itself, and the control record's words."""

    control: ControlData
    scorer: Scorer
    columns: NDArray[np.int64]
    feature_schema: str


@dataclass(frozen=True)
class Recorded:
    """Decisions of this partition that had been published before: by source offset, and the highest such offset."""

    alerts: Mapping[int, Alert]
    front: int


@dataclass(frozen=True)
class Advance:
    """What a run of events came to.

    `scored` are indices of the events that `offsets`, `vectors` (the model's columns) and `scores` belong to; `alerts`
    are the new decisions.
    """

    folded: Folded
    scored: NDArray[np.int64]
    offsets: NDArray[np.int64]
    vectors: Vectors
    scores: Scores
    alerts: list[Alert]

    @property
    def applied(self) -> int:
        """How many events changed their user's state."""
        return int((self.folded.outcome == APPLIED).sum())

    @property
    def late(self) -> int:
        """How many of them were behind their user's clock."""
        return int(self.folded.late.sum())

    @property
    def repeated(self) -> int:
        """How many events were dropped as repeats."""
        return int((self.folded.outcome == REPEATED).sum())


def fits(manifest: Manifest, compiled: Compiled) -> bool:
    """Whether a model was made for this workload's states, and reads columns that are computed from them."""
    if not set(compiled.feature_names).issuperset(manifest.features):
        return False
    return (manifest.workload, manifest.state_digest, manifest.feature_schema) == (
        compiled.workload.name,
        compiled.state_digest,
        compiled.feature_schema(manifest.features),
    )


class Engine:
    """A compiled workload that can run any model made for it. `load` finds the model that a control record names."""

    def __init__(self, compiled: Compiled, load: Callable[[ModelRef], Scorer], topic: str) -> None:
        self.compiled = compiled
        self._load = load
        self._topic = topic

    def put_in_force(self, control: ControlData) -> InForce:
        """The model and policy of a control record. Raises ContractViolation when they do not fit this workload."""
        refuse_unknown_rules(control.policy)
        scorer, compiled = self._load(control.model), self.compiled
        manifest = scorer.manifest
        if not fits(manifest, compiled):
            raise ContractViolation(
                f"model {manifest.name}/{manifest.version} was made for other features than this worker computes "
                f"(state {manifest.state_digest}, here {compiled.state_digest}): train it again with `churn train`",
                state="wrong_model",
            )
        columns = np.array([compiled.feature_names.index(name) for name in manifest.features], np.int64)
        return InForce(control, scorer, columns, manifest.feature_schema)

    def advance(
        self,
        records: NDArray[np.void],
        events: Events,
        in_force: InForce | None,
        recorded: Recorded,
        partition: int,
    ) -> Advance:
        """Fold a run of events into their users' records, in place; score and decide if a model is in force.

        The records stand in the order of `events.names`. Events up to `recorded.front` are not decided again: what was
        decided on them is applied as recorded. Raises ContractViolation when the log was rewritten under the states.
        """
        columns = to_columns(events, self.compiled.patterns)
        folded = fold(records, columns, self.compiled.plan)
        if np.any(folded.outcome == SEEN):
            raise ContractViolation(
                "a record at or below its user's own last offset was read: the log was rewritten", state="rewritten_log"
            )
        scored = np.flatnonzero(folded.outcome == APPLIED) if in_force else np.zeros(0, np.int64)
        if in_force is None:
            vectors, scores, alerts = np.zeros((0, 0), np.float32), np.zeros(0, np.float32), []
        else:
            vectors = _chosen(folded.vectors, scored, in_force.columns)
            scores = in_force.scorer.score(vectors)
            run = _Run(records, events, columns, folded, scored, vectors, scores)
            alerts = self._decide(run, in_force, recorded, partition)
        return Advance(folded, scored, columns.offset[scored], vectors, scores, alerts)

    def _decide(self, run: "_Run", in_force: InForce, recorded: Recorded, partition: int) -> list[Alert]:
        for event, offset in enumerate(run.columns.offset.tolist() if recorded.alerts else ()):
            if offset in recorded.alerts:
                restore(run.records[run.columns.slot[event]], recorded.alerts[offset].data)
        fresh = int(np.searchsorted(run.columns.offset[run.scored], recorded.front, side="right"))
        events = run.scored[fresh:]
        facts = Facts(
            as_of_ms=run.folded.as_of[events],
            first_ms=run.folded.first[events],
            events=run.folded.events[events],
            churned=run.folded.churned[events],
            score=run.scores[fresh:],
        )
        decisions = decide(run.records, run.columns.slot[events], facts, in_force.control.policy)
        rows = [fresh + decision.event for decision in decisions]
        causes = self._causes(run, in_force, rows)
        digest, schema = self.compiled.state_digest, in_force.feature_schema
        situation = Situation(self._topic, partition, in_force.control, digest, schema)
        return [compose(situation, cause, decision) for cause, decision in zip(causes, decisions, strict=True)]

    def _causes(self, run: "_Run", in_force: InForce, rows: list[int]) -> list[Cause]:
        vectors, scores, events = run.vectors[rows], run.scores[rows], run.scored[rows]
        reasons = explain(in_force.scorer, self.compiled.workload, vectors, scores)
        prints = fingerprints(vectors) if rows else np.zeros(0, np.uint64)
        return [
            Cause(
                admitted=run.events[e],
                as_of_ms=int(run.folded.as_of[e]),
                first_ms=int(run.folded.first[e]),
                events=int(run.folded.events[e]),
                score=float(scores[i]),
                fingerprint=int(prints[i]),
                reasons=reasons[i],
            )
            for i, e in enumerate(events.tolist())
        ]


def _chosen(vectors: Vectors, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Vectors:
    """Some rows and columns. Nearly always these are all, and a copy of all would cost a tenth of scoring them."""
    chosen = vectors if len(rows) == len(vectors) else vectors[rows]
    every = len(columns) == chosen.shape[1] and bool(np.all(columns[:-1] < columns[1:]))
    return chosen if every else np.ascontiguousarray(chosen[:, columns])


@dataclass(frozen=True)
class _Run:
    """A run of events between fold and decision."""

    records: NDArray[np.void]
    events: Events
    columns: Columns
    folded: Folded
    scored: NDArray[np.int64]
    vectors: Vectors
    scores: Scores
