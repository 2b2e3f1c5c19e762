"""Labelled snapshots: those a model learns from and those it is judged by, if there are enough of either."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from stream_app.core.tables import Integers
from training.dataset.labels import CHURNED, UNKNOWN
from training.dataset.snapshots import Snapshots
from training.dataset.splits import Part
from training.dataset.survey import Survey

MIN_DAYS = 60
MIN_CHURNERS = {Part.TRAIN: 20, Part.TEST: 5}


@dataclass(frozen=True)
class Examples:
    """Snapshots and what came of their users; all labels are known."""

    rows: Snapshots
    churned: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def positives(self) -> int:
        """How many snapshots are of users who then churned."""
        return int(np.count_nonzero(self.churned == CHURNED))

    def where(self, chosen: NDArray[np.bool_] | Integers) -> "Examples":
        """The examples that are chosen, by a mask or by their places."""
        return Examples(self.rows.where(chosen), self.churned[chosen])


@dataclass(frozen=True)
class BothKinds:
    """The same users and times seen twice: at scored updates, and at every midnight."""

    updates: Examples
    daily: Examples


def to_learn_from(survey: Survey) -> BothKinds:
    """Snapshots of training users whose label had come true by the cut. Raises ContractViolation for too little."""
    _demand_days(survey)
    return _both(survey, Part.TRAIN, survey.time_split.learnable)


def to_judge_by(survey: Survey) -> BothKinds:
    """Snapshots of test users behind the cut whose label has come true. Raises ContractViolation for too little."""
    _demand_days(survey)
    return _both(survey, Part.TEST, survey.time_split.judgeable)


def to_look_at(survey: Survey) -> BothKinds:
    """Snapshots of the users of a log apart, which nothing was learnt from: all whose label has come true, from its
    start on. Raises ContractViolation for too little.
    """
    return _both(survey, Part.TEST, survey.time_split.over)


def _demand_days(survey: Survey) -> None:
    if survey.days < MIN_DAYS:
        raise ContractViolation(
            f"the log spans {survey.days} days: at least {MIN_DAYS} are needed to learn and to judge"
        )


def _both(survey: Survey, part: Part, in_time: Callable[[Integers], NDArray[np.bool_]]) -> BothKinds:
    return BothKinds(
        updates=_examples(survey, survey.snapshots, part, in_time),
        daily=_examples(survey, survey.daily, part, in_time),
    )


def _examples(
    survey: Survey, rows: Snapshots, part: Part, in_time: Callable[[Integers], NDArray[np.bool_]]
) -> Examples:
    labels = survey.labels(rows)
    chosen = in_time(rows.as_of_ms) & (labels != UNKNOWN) & (survey.part[rows.user] == part)
    found = Examples(rows.where(chosen), labels[chosen])
    churners = len(np.unique(found.rows.user[found.churned == CHURNED]))
    if churners < MIN_CHURNERS[part]:
        raise ContractViolation(
            f"only {churners} {part.name.lower()} users churn within the horizon of a snapshot and "
            f"{MIN_CHURNERS[part]} are needed: train on more users"
        )
    return found
