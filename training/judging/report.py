"""The report of a model: how good it is on users that it never saw, at scored updates and at every midnight."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stream_app.core.scoring import Scores, Vectors
from training.dataset.examples import BothKinds, Examples
from training.dataset.snapshots import Snapshots
from training.dataset.splits import Part
from training.dataset.survey import Survey
from training.judging import ceiling
from training.judging.ceiling import Oracle
from training.judging.evaluation import Judged, auc_only, evaluate
from training.judging.lead_time import Naming, highest, lead_time, named_by, naming

ScoreFunction = Callable[[Vectors], Scores]
KINDS = ("updates", "daily")


@dataclass(frozen=True)
class PlotRows:
    """What plots are drawn from: rows behind the figures, by kind of snapshot."""

    judged: dict[str, Judged]
    naming: dict[str, Naming]
    against_ceiling: dict[str, tuple[Judged, Judged]]


def report(
    surveyed: Survey, unseen: BothKinds, score: ScoreFunction, enter: float, seed: int, oracle: Oracle | None = None
) -> tuple[dict[str, Any], PlotRows]:
    """All figures on the unseen users, by kind of snapshot; beside the oracle's where there is one.

    A kind holds the figures over all its snapshots, the AUC of each group of users that the workload has told apart,
    and the lead time over the users' whole lives when an alert fires from a score of `enter` on.
    """
    lives = {"updates": surveyed.lives, "daily": surveyed.daily.where(_tested(surveyed))}
    judged, named, pairs, found = {}, {}, {}, {}
    for kind in KINDS:
        examples: Examples = getattr(unseen, kind)
        judged[kind] = Judged(examples.churned, score(examples.rows.vectors), examples.rows.user)
        named[kind] = naming(lives[kind], score(lives[kind].vectors), surveyed.churn_ms, enter)
        found[kind] = {
            **evaluate(judged[kind], seed),
            "groups": {
                name: auc_only(judged[kind].where(members[examples.rows.user]), seed)
                for name, members in surveyed.groups.items()
            },
            "lead_time": lead_time(named[kind], surveyed.horizon_ms, seed),
        }
        if oracle is not None:
            asked = ceiling.subsample(examples, surveyed.names, seed)
            pairs[kind] = judged[kind].where(asked), _knowing(oracle, examples.where(asked), surveyed)
            leads = _lead_times(examples.rows.where(asked), *pairs[kind], surveyed, enter, seed)
            found[kind]["ceiling"] = {**ceiling.compare(*pairs[kind], seed), "lead_time": leads}
    return found, PlotRows(judged, named, pairs)


def _tested(surveyed: Survey) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(surveyed.part[surveyed.daily.user] == Part.TEST)


def _knowing(oracle: Oracle, asked: Examples, surveyed: Survey) -> Judged:
    """The oracle on the rows that it is asked about."""
    return Judged(asked.churned, ceiling.chances(oracle, asked, surveyed.names), asked.rows.user)


def _lead_times(
    rows: Snapshots, model: Judged, oracle: Judged, surveyed: Survey, enter: float, seed: int
) -> dict[str, dict[str, Any]]:
    """The lead time of both on the same rows, of which the oracle names no more than the model does."""
    over = model.scores >= np.float32(enter)
    named = {"model": over, "oracle": highest(oracle.scores, int(np.count_nonzero(over)))}
    return {
        who: lead_time(named_by(rows, over, surveyed.churn_ms), surveyed.horizon_ms, seed)
        for who, over in named.items()
    }
