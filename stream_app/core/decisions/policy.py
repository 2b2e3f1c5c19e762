"""The alert state machine: a score is a number, an alert a decision.

    closed ── score ≥ enter, cooldown over, no rule holds it back ──► open (firing)
    open ──── score ≥ critical, first time ──► open (updated)
    open ──── score < leave ─────────────────► closed (resolved, recovered), cooldown begins
    open ──── the user churns ───────────────► closed (resolved, churned); no alert follows it

A user's policy state is a function of the user's alert records alone: nothing else that derives from a score is kept.
Time is the user's clock, never the wall's.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import AlertData
from schemas.events import Policy
from schemas.instants import parse_instant
from stream_app.core.decisions.facts import Facts
from stream_app.core.decisions.rules import held_back
from stream_app.core.kernels import Array, kernel

FIRING, UPDATED, RECOVERED, CHURNED = range(4)
"""Transitions; the last two resolve the alert."""
CLOSED, WARNING, CRITICAL = range(3)
"""Bands."""


class Decision(NamedTuple):
    """One transition and the user's policy state after it.

    `event` is the index of the scored event; times are in ms, 0 for none; `score_prev` is the score of the user's alert
    record before this one.
    """

    event: int
    transition: int
    episode: int
    sequence: int
    band: int
    opened_at: int
    cooldown_until: int
    score_prev: float


def decide(
    records: NDArray[np.void],
    slot: NDArray[np.int64],
    facts: Facts,
    policy: Policy,
) -> list[Decision]:
    """Decide on each scored event in log order, and note the policy state in the records; `slot` says whose each is."""
    n = len(slot)
    states, scores_prev = np.zeros((n, 7), np.int64), np.zeros(n, np.float32)
    thresholds = np.array([policy.enter, policy.leave, policy.critical], np.float32)
    cooldown_ms = policy.cooldown_s * 1000
    held = held_back(facts, policy)
    given = (facts.as_of_ms, facts.score, facts.churned, held, thresholds, cooldown_ms)
    count = _decide(records, slot, *given, states, scores_prev)
    rows = zip(states[:count].tolist(), scores_prev[:count].tolist(), strict=True)
    return [Decision._make((*state, score_prev)) for state, score_prev in rows]


def restore(record: np.void, recorded: AlertData) -> None:
    """Apply a decision that was read back from the log of decisions to its user's record: it is never taken again."""
    state = recorded.policy_state
    record["episode"] = state.episode
    record["sequence"] = state.sequence
    record["band"] = state.band
    record["opened_at"] = parse_instant(state.opened_at) if state.opened_at else 0
    record["cooldown_until"] = parse_instant(state.cooldown_until) if state.cooldown_until else 0
    record["alert_score"] = state.score


@kernel
def _decide(
    records: Array,
    slot: Array,
    as_of: Array,
    scores: Array,
    churned: Array,
    held: Array,
    thresholds: Array,
    cooldown_ms: int,
    states: Array,
    scores_prev: Array,
) -> int:
    enter, leave, critical = thresholds[0], thresholds[1], thresholds[2]
    count = 0
    for e in range(len(slot)):
        record, score = records[slot[e]], scores[e]
        transition = -1
        if record.band == CLOSED:
            if churned[e] == 0 and not held[e] and score >= enter and as_of[e] >= record.cooldown_until:
                transition = FIRING
        elif churned[e] != 0:
            transition = CHURNED
        elif score < leave:
            transition = RECOVERED
        elif record.band == WARNING and score >= critical:
            transition = UPDATED
        if transition < 0:
            continue
        if transition == FIRING:
            record.episode += 1
            record.sequence = 0
            record.opened_at = as_of[e]
        record.sequence += 1
        if transition in (FIRING, UPDATED):
            record.band = CRITICAL if score >= critical else WARNING
        else:
            record.band = CLOSED
            record.cooldown_until = as_of[e] + cooldown_ms
        states[count, 0] = e
        states[count, 1] = transition
        states[count, 2] = record.episode
        states[count, 3] = record.sequence
        states[count, 4] = record.band
        states[count, 5] = record.opened_at
        states[count, 6] = record.cooldown_until
        scores_prev[count] = record.alert_score
        record.alert_score = score
        count += 1
    return count
