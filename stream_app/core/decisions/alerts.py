"""Puts a decision into the words of the alert contract."""

from dataclasses import dataclass

from schemas.alerts import (
    Alert,
    AlertData,
    DataQuality,
    PolicyState,
    Reason,
    Resolution,
    Severity,
    SourcePosition,
    Status,
)
from schemas.events import ControlData
from schemas.instants import format_instant, nearest_instant
from stream_app.core.decisions.policy import CHURNED, CRITICAL, FIRING, RECOVERED, UPDATED, Decision
from stream_app.core.durations import DAY_MS
from stream_app.core.intake.events import Admitted

_STATUS: dict[int, tuple[Status, Resolution | None]] = {
    FIRING: ("firing", None),
    UPDATED: ("updated", None),
    RECOVERED: ("resolved", "recovered"),
    CHURNED: ("resolved", "churned"),
}


@dataclass(frozen=True)
class Situation:
    """What all alerts of a run share."""

    topic: str
    partition: int
    control: ControlData
    state_digest: str
    feature_schema: str


@dataclass(frozen=True)
class Cause:
    """The event that a decision was taken on, and what was known then."""

    admitted: Admitted
    as_of_ms: int
    first_ms: int
    events: int
    score: float
    fingerprint: int
    reasons: list[Reason]


def compose(situation: Situation, cause: Cause, decision: Decision) -> Alert:
    """The alert record of a decision. `detected_at` is the event time until the one who publishes stamps it.

    Decisions are taken in log order and never twice, so the front is the decision's own source offset.
    """
    user, event_time = cause.admitted.user, format_instant(cause.admitted.time_ms)
    alert_id = f"{user}:{decision.episode}:{decision.sequence}"
    status, resolution = _STATUS[decision.transition]
    data = AlertData(
        alert_id=alert_id,
        dedup_key=f"{user}:{situation.control.policy.name}",
        user_ref=user,
        episode=decision.episode,
        sequence=decision.sequence,
        status=status,
        severity=_severity(decision),
        resolution=resolution,
        src=SourcePosition(
            topic=situation.topic,
            partition=situation.partition,
            offset=cause.admitted.record.offset,
            sent_at=nearest_instant(cause.admitted.record.timestamp),
        ),
        front=cause.admitted.record.offset,
        score=cause.score,
        score_prev=None if decision.episode == decision.sequence == 1 else decision.score_prev,
        calibrated=False,
        reasons=cause.reasons,
        recommended_offer=None,
        policy=situation.control.policy,
        policy_state=_policy_state(decision, cause.score),
        model=situation.control.model,
        state_digest=situation.state_digest,
        feature_schema=situation.feature_schema,
        vector_hash=f"{cause.fingerprint:016x}",
        data_quality=DataQuality(events=cause.events, age_days=(cause.as_of_ms - cause.first_ms) / DAY_MS),
        event_time=event_time,
        detected_at=event_time,
        starts_at=format_instant(decision.opened_at),
        ends_at=None if resolution is None else format_instant(cause.as_of_ms),
        trigger_event_id=cause.admitted.event.id,
        replay=False,
    )
    return Alert(
        specversion="1.0",
        id=alert_id,
        source="/churn/worker",
        time=event_time,
        subject=user,
        partitionkey=user,
        datacontenttype="application/json",
        data=data,
    )


def _severity(decision: Decision) -> Severity:
    if decision.transition in (RECOVERED, CHURNED):
        return "info"
    return "critical" if decision.band == CRITICAL else "warning"


def _policy_state(decision: Decision, score: float) -> PolicyState:
    return PolicyState(
        episode=decision.episode,
        sequence=decision.sequence,
        band=decision.band,
        opened_at=format_instant(decision.opened_at),
        cooldown_until=format_instant(decision.cooldown_until) if decision.cooldown_until else None,
        score=score,
    )
