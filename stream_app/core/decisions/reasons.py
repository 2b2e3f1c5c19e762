"""Why a score is what it is: each group of features is set to its baseline in turn; what the score loses is its part.

Leave-one-group-out against a typical stayer, through the same model; needs no access to the model's inside. A group is
told by one of its features: of those that are not at their baselines, the one that alone moves the score most in the
group's direction.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from schemas.alerts import Reason
from schemas.manifests import Manifest
from stream_app.core.decisions.wording import told, told_category
from stream_app.core.features.words import column_feature
from stream_app.core.features.workload import Workload
from stream_app.core.scoring import Scorer, Scores, Vectors

MOST = 3
"""How many reasons are given: more are not read."""
UNKNOWN = "unknown"
"""The value of a category of which none was said."""
_DUST = 1e-6


class Contribution(NamedTuple):
    """What the score of a row loses without a group, and the columns of the group that are not at their baselines."""

    row: int
    group: str
    columns: list[int]
    contribution: float


def explain(scorer: Scorer, workload: Workload, vectors: Vectors, scores: Scores) -> list[list[Reason]]:
    """The strongest reasons of each row, strongest first."""
    if not len(vectors):
        return []
    parts = _strongest(scorer, groups_of(workload, scorer.manifest), vectors, scores)
    pairs = [(part.row, column) for part in parts for column in part.columns if len(part.columns) > 1]
    alone = _alone(scorer, pairs, vectors, scores) if pairs else {}
    rows, baseline = vectors.tolist(), np.array(scorer.manifest.baseline, np.float32).tolist()
    reasons: list[list[Reason]] = [[] for _ in rows]
    for part in parts:
        sign = 1 if part.contribution > 0 else -1
        teller = max(part.columns, key=lambda column: sign * alone.get((part.row, column), 0.0))
        reasons[part.row].append(_reason(workload, scorer.manifest, part, teller, rows[part.row], baseline))
    return reasons


def groups_of(workload: Workload, manifest: Manifest) -> dict[str, list[int]]:
    """A model's columns by group, without those that are not told; a feature that is in no group is one of its own."""
    names = {feature: name for name, group in workload.groups.items() for feature in group.features}
    groups: dict[str, list[int]] = {}
    for column, name in enumerate(manifest.features):
        feature = column_feature(name)
        groups.setdefault(names.get(feature, feature), []).append(column)
    untold = {name for name, group in workload.groups.items() if not group.told}
    return {name: columns for name, columns in groups.items() if name not in untold}


def _strongest(scorer: Scorer, groups: Mapping[str, list[int]], vectors: Vectors, scores: Scores) -> list[Contribution]:
    """The strongest parts of each row, row by row."""
    baseline = np.array(scorer.manifest.baseline, np.float32)
    variants = np.repeat(vectors[:, np.newaxis], len(groups), axis=1)
    for number, columns in enumerate(groups.values()):
        variants[:, number, columns] = baseline[columns]
    without = scorer.score(variants.reshape(-1, vectors.shape[1])).reshape(len(vectors), len(groups))
    lost = scores[:, np.newaxis] - without
    order = np.argsort(-np.abs(lost), axis=1, kind="stable")[:, :MOST].tolist()
    named, moved = list(groups.items()), (vectors != baseline).tolist()
    return [
        Contribution(
            row, named[group][0], [column for column in named[group][1] if moved[row][column]], contributions[group]
        )
        for row, contributions in enumerate(lost.tolist())
        for group in order[row]
        if abs(contributions[group]) > _DUST
    ]


def _alone(
    scorer: Scorer, pairs: list[tuple[int, int]], vectors: Vectors, scores: Scores
) -> dict[tuple[int, int], float]:
    """What the score of a row loses without a single column."""
    rows, columns = np.array(pairs).T
    variants = vectors[rows]
    variants[np.arange(len(pairs)), columns] = np.array(scorer.manifest.baseline, np.float32)[columns]
    return dict(zip(pairs, (scores[rows] - scorer.score(variants)).tolist(), strict=True))


def _reason(
    workload: Workload, manifest: Manifest, part: Contribution, teller: int, vector: list[float], baseline: list[float]
) -> Reason:
    feature = column_feature(manifest.features[teller])
    words, label = workload.words.get(feature), workload.features[feature].label
    if feature == manifest.features[teller]:
        text = told(words, label, vector[teller], baseline[teller])
    else:
        text = told_category(words, label, *(_category(manifest, feature, row) for row in (vector, baseline)))
    return Reason(
        feature=manifest.features[teller],
        label=label,
        value=vector[teller],
        baseline=baseline[teller],
        contribution=part.contribution,
        direction="up" if part.contribution > 0 else "down",
        text=text,
        group=part.group,
    )


def _category(manifest: Manifest, feature: str, row: list[float]) -> str:
    """The value of a category: that of its largest column, of the one that is 1; where all are 0, none is known."""
    columns = [column for column, name in enumerate(manifest.features) if column_feature(name) == feature]
    largest = max(columns, key=row.__getitem__)
    return manifest.features[largest].partition("=")[2] if row[largest] else UNKNOWN
