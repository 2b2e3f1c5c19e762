"""The alert state machine goes through no other transitions than those drawn, and misses none of them."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.events import Policy
from stream_app.core.decisions.facts import Facts
from stream_app.core.decisions.policy import (
    CHURNED,
    CLOSED,
    CRITICAL,
    FIRING,
    RECOVERED,
    UPDATED,
    WARNING,
    Decision,
    decide,
)
from stream_app.core.features.plan import compile_workload
from tests.support import every_kind

RECORD = compile_workload(every_kind.WORKLOAD).record
USERS = 3
POLICY = Policy(name="default", version=1, enter=0.3, leave=0.15, critical=0.6, cooldown_s=100)
ENTER, LEAVE, CRITICAL_FROM = (np.float32(value) for value in (POLICY.enter, POLICY.leave, POLICY.critical))
COOLDOWN_MS = POLICY.cooldown_s * 1000

EDGES = [
    np.nextafter(edge, np.float32(towards)).item() for edge in (ENTER, LEAVE, CRITICAL_FROM) for towards in (0.0, 1.0)
]
SCORES = st.sampled_from([*EDGES, float(ENTER), float(LEAVE), float(CRITICAL_FROM)]) | st.floats(0, 1, width=32)


class Scored(NamedTuple):
    """One scored event of one user."""

    user: int
    as_of_ms: int
    score: float
    churned: bool


@st.composite
def _histories(draw: st.DrawFn) -> list[Scored]:
    """Scored events of a few users whose clocks do not go back, and who rarely churn, and then for good."""
    steps_ms = st.sampled_from([0, 1, COOLDOWN_MS // 2, COOLDOWN_MS - 1, COOLDOWN_MS, 3 * COOLDOWN_MS])
    step = st.tuples(st.integers(0, USERS - 1), steps_ms, SCORES, st.integers(0, 15).map(lambda n: n == 15))
    clocks, churned, history = [1] * USERS, [False] * USERS, []
    for user, step_ms, score, churns in draw(st.lists(step, max_size=60)):
        clocks[user] += step_ms
        churned[user] |= churns
        history.append(Scored(user, clocks[user], score, churned[user]))
    return history


def _decide(records: NDArray[np.void], history: list[Scored], policy: Policy = POLICY) -> list[Decision]:
    return decide(
        records,
        np.array([scored.user for scored in history], np.int64),
        Facts(
            as_of_ms=np.array([scored.as_of_ms for scored in history], np.int64),
            first_ms=np.ones(len(history), np.int64),
            events=np.ones(len(history), np.uint32),
            churned=np.array([scored.churned for scored in history], np.uint8),
            score=np.array([scored.score for scored in history], np.float32),
        ),
        policy,
    )


def _by_user(history: list[Scored]) -> dict[int, list[Decision]]:
    decisions = defaultdict(list)
    for decision in _decide(np.zeros(USERS, RECORD), history):
        decisions[history[decision.event].user].append(decision)
    return decisions


def _walk(history: list[Scored]) -> Iterator[tuple[Scored, Decision | None, Decision | None]]:
    """Each event with its user's last decision before it and the one taken on it."""
    taken = {decision.event: decision for decision in _decide(np.zeros(USERS, RECORD), history)}
    last: dict[int, Decision] = {}
    for event, scored in enumerate(history):
        yield scored, last.get(scored.user), taken.get(event)
        if event in taken:
            last[scored.user] = taken[event]


def _is_open(last: Decision | None) -> bool:
    return last is not None and last.band != CLOSED


def _may_open(scored: Scored, last: Decision | None) -> bool:
    cooled_down = last is None or scored.as_of_ms >= last.cooldown_until
    return not _is_open(last) and cooled_down and not scored.churned


@given(_histories())
def test_one_transition_follows_another_as_drawn(history: list[Scored]) -> None:
    follows = {
        FIRING: {UPDATED, RECOVERED, CHURNED},
        UPDATED: {RECOVERED, CHURNED},
        RECOVERED: {FIRING},
        CHURNED: set(),
    }
    for decisions in _by_user(history).values():
        assert decisions[0].transition == FIRING
        for before, after in pairwise(decisions):
            assert after.transition in follows[before.transition]


@given(_histories())
def test_an_alert_opens_whenever_a_score_reaches_enter_and_nothing_forbids_it(history: list[Scored]) -> None:
    for scored, last, decision in _walk(history):
        opens = decision is not None and decision.transition == FIRING
        assert opens == (_may_open(scored, last) and scored.score >= ENTER)


@given(_histories())
def test_an_open_alert_recovers_whenever_a_score_is_below_leave_and_not_before(history: list[Scored]) -> None:
    for scored, last, decision in _walk(history):
        recovers = decision is not None and decision.transition == RECOVERED
        assert recovers == (_is_open(last) and not scored.churned and scored.score < LEAVE)


@given(_histories())
def test_an_open_alert_becomes_critical_once_and_never_less(history: list[Scored]) -> None:
    for scored, last, decision in _walk(history):
        becomes = decision is not None and decision.transition == UPDATED
        warned = last is not None and last.band == WARNING
        assert becomes == (warned and not scored.churned and scored.score >= CRITICAL_FROM)
        if decision is not None and decision.band != CLOSED:
            assert decision.band == (CRITICAL if scored.score >= CRITICAL_FROM else WARNING)


@given(_histories())
def test_no_alert_opens_before_the_cooldown_after_the_last_one_is_over(history: list[Scored]) -> None:
    for decisions in _by_user(history).values():
        for closing, opening in pairwise(decisions):
            if opening.transition == FIRING:
                assert closing.cooldown_until == history[closing.event].as_of_ms + COOLDOWN_MS
                assert opening.opened_at == history[opening.event].as_of_ms >= closing.cooldown_until


@given(_histories())
def test_churn_ends_an_open_alert_at_once_and_nothing_follows_it(history: list[Scored]) -> None:
    for scored, last, decision in _walk(history):
        if scored.churned:
            ends = decision is not None and decision.transition == CHURNED
            assert ends == _is_open(last)
            assert ends or decision is None


@given(_histories())
def test_alerts_are_numbered_without_a_gap_and_none_twice(history: list[Scored]) -> None:
    for decisions in _by_user(history).values():
        episode, sequence = 0, 0
        for decision in decisions:
            opens = decision.transition == FIRING
            episode, sequence = (episode + 1, 1) if opens else (episode, sequence + 1)
            assert (decision.episode, decision.sequence) == (episode, sequence)


@given(_histories())
def test_each_decision_names_the_score_of_the_one_before(history: list[Scored]) -> None:
    for decisions in _by_user(history).values():
        scores = [0.0, *(np.float32(history[decision.event].score).item() for decision in decisions)]
        assert [decision.score_prev for decision in decisions] == scores[:-1]


@given(_histories(), st.integers(0, 60))
def test_two_batches_decide_what_one_decides(history: list[Scored], cut: int) -> None:
    at_once, in_two = np.zeros(USERS, RECORD), np.zeros(USERS, RECORD)
    whole = _decide(at_once, history)
    first = _decide(in_two, history[:cut])
    second = _decide(in_two, history[cut:])
    cut = min(cut, len(history))
    assert first + [decision._replace(event=decision.event + cut) for decision in second] == whole
    assert in_two.tobytes() == at_once.tobytes()


def test_scores_between_leave_and_enter_neither_open_an_alert_nor_close_it() -> None:
    between = [Scored(0, 1 + minute, 0.2, False) for minute in range(5)]
    opening = Scored(0, 10, 0.5, False)
    history = [*between, opening, *(scored._replace(as_of_ms=scored.as_of_ms + 20) for scored in between)]
    assert [(d.event, d.transition) for d in _decide(np.zeros(1, RECORD), history)] == [(5, FIRING)]


def test_a_first_score_that_is_critical_opens_a_critical_alert_without_an_update() -> None:
    history = [Scored(0, 1, 0.9, False), Scored(0, 2, 0.95, False)]
    assert [(d.transition, d.band) for d in _decide(np.zeros(1, RECORD), history)] == [(FIRING, CRITICAL)]


def test_without_a_cooldown_an_alert_may_open_again_at_the_same_moment() -> None:
    history = [Scored(0, 1, score, False) for score in (0.5, 0.0, 0.5)]
    eager = Policy(name="eager", version=1, enter=0.3, leave=0.15, critical=0.6, cooldown_s=0)
    assert [d.transition for d in _decide(np.zeros(1, RECORD), history, eager)] == [FIRING, RECOVERED, FIRING]


def test_a_user_who_churns_without_an_alert_causes_none() -> None:
    assert _decide(np.zeros(1, RECORD), [Scored(0, 1, 0.9, True), Scored(0, 2, 0.9, True)]) == []
