"""Labelled snapshots: those a model learns from and those it is judged by, if there are enough of either."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from training.labels import CHURNED, UNKNOWN
from training.snapshots import Snapshots
from training.splits import Part
from training.survey import Survey

MIN_DAYS = 60
MIN_CHURNERS = {Part.TRAIN: 20, Part.TEST: 5}


@dataclass(frozen=True)
class Examples:
    """Snapshots and what came of their users; all labels are known."""

    rows: Snapshots
    churned: NDArray[np.int8]

    @property
    def positives(self) -> int:
        """How many snapshots are of users who then churned."""
        return int(np.count_nonzero(self.churned == CHURNED))


def to_learn_from(survey: Survey) -> Examples:
    """Snapshots of training users whose label had come true by the cut. Raises ContractViolation for too little."""
    _demand_days(survey)
    return _examples(survey, Part.TRAIN, survey.period.learnable(survey.snapshots.as_of_ms))


def to_judge_by(survey: Survey) -> Examples:
    """Snapshots of test users behind the cut whose label has come true. Raises ContractViolation for too little."""
    _demand_days(survey)
    return _examples(survey, Part.TEST, survey.period.judgeable(survey.snapshots.as_of_ms))


def _demand_days(survey: Survey) -> None:
    if survey.days < MIN_DAYS:
        raise ContractViolation(
            f"the log spans {survey.days} days: at least {MIN_DAYS} are needed to learn and to judge"
        )


def _examples(survey: Survey, part: Part, in_time: NDArray[np.bool_]) -> Examples:
    labels = survey.labels(survey.snapshots)
    chosen = in_time & (labels != UNKNOWN) & (survey.part[survey.snapshots.user] == part)
    rows, churned = survey.snapshots.where(chosen), labels[chosen]
    churners = len(np.unique(rows.user[churned == CHURNED]))
    if churners < MIN_CHURNERS[part]:
        raise ContractViolation(
            f"only {churners} {part.name.lower()} users churn within the horizon of a snapshot and "
            f"{MIN_CHURNERS[part]} are needed: train on more users"
        )
    return Examples(rows, churned)
