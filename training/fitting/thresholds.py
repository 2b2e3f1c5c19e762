"""Chooses when to alert: thresholds by which a wanted share of users is alerted in their first month."""

from bisect import bisect_left

import numpy as np

from schemas.errors import ContractViolation
from schemas.events import Policy
from stream_app.core.decisions.facts import Facts
from stream_app.core.decisions.policy import FIRING, decide
from stream_app.core.features.plan import Compiled
from stream_app.core.scoring import Scores
from training.dataset.snapshots import Snapshots

ALERTED_SHARE = 0.10
CRITICAL_SHARE = 0.03
COOLDOWN_S = 14 * 86_400
MIN_USERS = 30
_FINENESS = 1000


class ThresholdTrial:
    """Users' months, run through the alert state machine under any policy."""

    def __init__(self, compiled: Compiled, month: Snapshots, scores: Scores) -> None:
        """Raises ContractViolation for too few users to choose by."""
        users, self._slot = np.unique(month.user, return_inverse=True)
        if len(users) < MIN_USERS:
            raise ContractViolation(
                f"only {len(users)} validation users have a whole month in the log, {MIN_USERS} are needed to choose "
                "thresholds: train on a longer log or on more users"
            )
        self.users = len(users)
        self._record = compiled.record
        stayed = np.zeros(len(month), np.uint8)
        self._facts = Facts(month.as_of_ms, month.first_ms, month.events.astype(np.uint32), stayed, scores)

    def alerted_share(self, policy: Policy) -> float:
        """The share of users with at least one alert."""
        decisions = decide(np.zeros(self.users, self._record), self._slot, self._facts, policy)
        fired = {int(self._slot[decision.event]) for decision in decisions if decision.transition == FIRING}
        return len(fired) / self.users


def choose_policy(trial: ThresholdTrial) -> Policy:
    """The lowest `enter` that alerts at most a tenth of the users, `leave` at half of it.

    `critical` is the lowest score that would alert at most three in a hundred.
    """
    enter, critical = _lowest(trial, ALERTED_SHARE), _lowest(trial, CRITICAL_SHARE)
    return _policy(enter, max(enter, critical))


def _lowest(trial: ThresholdTrial, share: float) -> float:
    step = bisect_left(range(_FINENESS), True, key=lambda step: trial.alerted_share(_policy(step / _FINENESS)) <= share)
    return step / _FINENESS


def _policy(enter: float, critical: float = 1.0) -> Policy:
    leave = round(enter / 2, 3)
    return Policy(name="default", version=1, enter=enter, leave=leave, critical=critical, cooldown_s=COOLDOWN_S)
