"""What came of a user after a moment, as far as the log can know it, and who may learn from it or judge by it."""

import numpy as np
import pytest

from stream_app.core.durations import DAY_MS
from training.dataset.labels import CHURNED, NEVER, STAYED, UNKNOWN, label, split_time
from training.dataset.splits import Part, part_of

HORIZON_MS = 14 * DAY_MS
END_MS = 60 * DAY_MS


def label_at(as_of_ms: int, churn_ms: int = NEVER) -> int:
    return int(label(np.array([as_of_ms]), np.array([churn_ms]), HORIZON_MS, END_MS)[0])


def test_a_user_who_churns_within_the_horizon_is_a_churner() -> None:
    assert label_at(10 * DAY_MS, 12 * DAY_MS) == CHURNED


def test_the_end_of_the_horizon_belongs_to_it_and_the_moment_itself_does_not() -> None:
    assert label_at(10 * DAY_MS, 10 * DAY_MS + HORIZON_MS) == CHURNED
    assert label_at(10 * DAY_MS, 10 * DAY_MS + HORIZON_MS + 1) == STAYED
    assert label_at(10 * DAY_MS, 10 * DAY_MS + 1) == CHURNED
    assert label_at(10 * DAY_MS, 10 * DAY_MS) == UNKNOWN


def test_a_user_who_churns_after_the_horizon_has_stayed() -> None:
    assert label_at(10 * DAY_MS, 30 * DAY_MS) == STAYED


def test_what_comes_after_the_end_of_the_log_is_unknown_and_not_stayed() -> None:
    assert label_at(END_MS - HORIZON_MS) == STAYED
    assert label_at(END_MS - HORIZON_MS + 1) == UNKNOWN


def test_churn_before_the_end_of_the_log_is_known_though_the_horizon_is_not_over() -> None:
    assert label_at(END_MS - DAY_MS, END_MS - 1) == CHURNED


def test_a_user_who_had_churned_by_then_has_no_label() -> None:
    assert label_at(10 * DAY_MS, 9 * DAY_MS) == UNKNOWN


@pytest.mark.parametrize("days", [60, 75, 200])
def test_what_is_learnt_from_had_come_true_before_what_is_judged_by_began(days: int) -> None:
    time = split_time(0, days * DAY_MS, HORIZON_MS)
    moments = np.arange(0, days * DAY_MS, DAY_MS // 4)
    learnt, judged = moments[time.learnable(moments)], moments[time.judgeable(moments)]
    assert learnt.max() + HORIZON_MS <= time.cut_ms < judged.min()
    assert judged.max() + HORIZON_MS <= days * DAY_MS
    assert len(learnt) / (len(learnt) + len(judged)) == pytest.approx(2 / 3, abs=0.02)


def test_moments_whose_horizon_is_not_over_judge_nothing_as_only_their_churn_is_known() -> None:
    time = split_time(0, END_MS, HORIZON_MS)
    assert not time.judgeable(np.array([END_MS - HORIZON_MS + 1]))[0]


def test_a_user_is_in_one_part_whatever_else_there_is_and_parts_are_as_large_as_meant() -> None:
    users = [f"u{number}" for number in range(4000)]
    parts = {user: part_of(user, 7) for user in users}
    assert all(part_of(user, 7) is part for user, part in reversed(parts.items()))
    sizes = {part: list(parts.values()).count(part) / len(users) for part in Part}
    assert sizes == pytest.approx({Part.TRAIN: 0.5, Part.VALIDATION: 0.25, Part.TEST: 0.25}, abs=0.03)


def test_another_seed_parts_users_otherwise() -> None:
    users = [f"u{number}" for number in range(200)]
    assert [part_of(user, 7) for user in users] != [part_of(user, 8) for user in users]
