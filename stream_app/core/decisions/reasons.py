"""Why a score is what it is: each group of features is set to its baseline in turn; what the score loses is its part.

Leave-one-group-out against a typical stayer, through the same model in one call; needs no access to the model's inside.
A group is told by one of its features: by the one that is not at its baseline and alone moves the score most in the
group's direction.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import Reason
from schemas.manifests import Manifest
from stream_app.core.decisions.wording import told, told_category
from stream_app.core.features.words import column_feature
from stream_app.core.features.workload import Workload
from stream_app.core.scoring import Scorer, Scores, Vectors

MOST = 3
"""How many reasons are given: more are not read."""
_DUST = 1e-6

Row = NDArray[np.float32]


class Columns(NamedTuple):
    """A group of a workload as a model sees it."""

    group: str
    columns: list[int]


def explain(scorer: Scorer, workload: Workload, vectors: Vectors, scores: Scores) -> list[list[Reason]]:
    """The strongest reasons of each row, strongest first."""
    if not len(vectors):
        return []
    manifest = scorer.manifest
    groups = groups_of(workload, manifest)
    several = [column for _, columns in groups for column in columns if len(columns) > 1]
    left_out = np.zeros((len(groups) + len(several), vectors.shape[1]), np.bool_)
    for variant, (_, columns) in enumerate(groups):
        left_out[variant, columns] = True
    left_out[np.arange(len(groups), len(left_out)), several] = True
    baseline = np.array(manifest.baseline, np.float32)
    variants = np.where(left_out, baseline, vectors[:, np.newaxis]).reshape(-1, vectors.shape[1])
    parts = scores[:, np.newaxis] - scorer.score(variants).reshape(len(vectors), len(left_out))
    own = np.zeros(vectors.shape, np.float32)
    own[:, several] = parts[:, len(groups) :]
    about = _About(workload, manifest, groups, baseline)
    return [about.strongest(*row) for row in zip(vectors, parts[:, : len(groups)], own, strict=True)]


def groups_of(workload: Workload, manifest: Manifest) -> list[Columns]:
    """The groups that are told, in the order of a model's columns; a feature that is in none is one of its own."""
    names = {feature: name for name, group in workload.groups.items() for feature in group.features}
    untold = {name for name, group in workload.groups.items() if not group.told}
    found: dict[str, list[int]] = {}
    for column, name in enumerate(manifest.features):
        feature = column_feature(name)
        found.setdefault(names.get(feature, feature), []).append(column)
    return [Columns(name, columns) for name, columns in found.items() if name not in untold]


class _About(NamedTuple):
    """What all reasons of a model have in common."""

    workload: Workload
    manifest: Manifest
    groups: list[Columns]
    baseline: Row

    def strongest(self, vector: Row, parts: Row, own: Row) -> list[Reason]:
        order = np.argsort(-np.abs(parts), kind="stable")[:MOST].tolist()
        return [self._reason(self.groups[g], vector, float(parts[g]), own) for g in order if abs(parts[g]) > _DUST]

    def _reason(self, group: Columns, vector: Row, part: float, own: Row) -> Reason:
        moved = [column for column in group.columns if vector[column] != self.baseline[column]]
        column = max(moved, key=lambda column: float(own[column]) * np.sign(part))
        feature = column_feature(self.manifest.features[column])
        return Reason(
            feature=self.manifest.features[column],
            label=self.workload.features[feature].label,
            value=float(vector[column]),
            baseline=float(self.baseline[column]),
            contribution=part,
            direction="up" if part > 0 else "down",
            text=self._text(feature, column, vector),
            group=group.group,
        )

    def _text(self, feature: str, column: int, vector: Row) -> str:
        words, label = self.workload.words.get(feature), self.workload.features[feature].label
        if self.manifest.features[column] == feature:
            return told(words, label, float(vector[column]), float(self.baseline[column]))
        of_feature = [c for c, name in enumerate(self.manifest.features) if column_feature(name) == feature]
        value, usual = (
            self.manifest.features[max(of_feature, key=row.__getitem__)].partition("=")[2]
            for row in (vector, self.baseline)
        )
        return told_category(words, label, value, usual)
