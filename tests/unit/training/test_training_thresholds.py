"""Thresholds are chosen by what the alert state machine does with validation users' months."""

import numpy as np
import pytest

from schemas.errors import ContractViolation
from stream_app.core.features.plan import compile_workload
from stream_app.core.scoring import Scores
from stream_app.workloads.music import WORKLOAD
from tests.support.event_logs import at
from training.dataset.snapshots import Snapshots
from training.fitting.thresholds import COOLDOWN_S, MIN_USERS, ThresholdTrial, choose_policy

COMPILED = compile_workload(WORKLOAD)
USERS = 100


def trial(scores: Scores, users: int = USERS) -> ThresholdTrial:
    """A trial in which users take turns to be scored."""
    count = len(scores)
    user = 1000 + np.arange(count) % users
    place = np.arange(count)
    times = at() + place
    return ThresholdTrial(
        COMPILED, Snapshots(user, place, times, times, place, np.zeros((count, 1), np.float32)), scores
    )


def spread() -> Scores:
    """Every user once low, then each at another height, then low again."""
    low = np.full(USERS, 0.01, np.float32)
    return np.concatenate([low, (np.arange(USERS, dtype=np.float32) + 0.5) / USERS, low])


def test_a_tenth_of_the_users_is_alerted_and_three_in_a_hundred_are_critical() -> None:
    tried = trial(spread())
    policy = choose_policy(tried)
    assert tried.alerted_share(policy) == pytest.approx(0.10)
    assert (policy.enter, policy.critical) == (0.896, 0.966)


def test_an_episode_ends_at_half_of_the_score_at_which_it_begins_and_none_follows_for_two_weeks() -> None:
    policy = choose_policy(trial(spread()))
    assert (policy.leave, policy.cooldown_s, COOLDOWN_S) == (0.448, COOLDOWN_S, 14 * 86_400)
    assert (policy.name, policy.version) == ("default", 1)


def test_fewer_are_alerted_when_scores_come_in_steps_never_more() -> None:
    scores = np.full(USERS, 0.2, np.float32)
    scores[:20] = 0.7
    tried = trial(scores)
    assert tried.alerted_share(choose_policy(tried)) == 0.0


def test_a_user_counts_once_however_often_the_score_rises() -> None:
    scores = np.tile(spread(), 50)
    assert trial(scores).alerted_share(choose_policy(trial(spread()))) == pytest.approx(0.10)


def test_too_few_users_choose_nothing() -> None:
    with pytest.raises(ContractViolation, match="only 29 validation users"):
        trial(np.zeros(MIN_USERS - 1, np.float32), users=MIN_USERS - 1)
