"""The records of `churn-alerts`: decisions, each with all that a subscriber, an auditor or a rebuild needs.

One record is one transition of one user's alert. The triple (user, episode, sequence) is its identity. The topic is
the log of decisions: `policy_state` is the user's whole policy state after the record, `front` the highest source
offset that its partition had published when it was written, this record included.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.events import Envelope, Instant, ModelRef, Policy, Text

Status = Literal["firing", "updated", "resolved", "withdrawn"]
Severity = Literal["info", "warning", "critical"]
Resolution = Literal["recovered", "churned", "erased"]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]


class SourcePosition(Struct, kw_only=True, frozen=True):
    """The record that caused the decision, and when it was sent."""

    topic: str
    partition: int
    offset: int
    sent_at: Instant


class PolicyState(Struct, kw_only=True, frozen=True):
    """What the policy remembers of a user. `band` is 0 (closed), 1 (warning) or 2 (critical)."""

    episode: int
    sequence: int
    band: int
    opened_at: Instant | None
    cooldown_until: Instant | None
    score: float


class Reason(Struct, kw_only=True, frozen=True):
    """The part of a group of features in the score: `contribution` is what the score loses when all of them are at
    their baselines.

    `feature` is the one that the group is told by, `text` says it in a sentence; value, baseline and label are its own.
    """

    feature: str
    label: str
    value: float
    baseline: float
    contribution: float
    direction: Literal["up", "down"]
    text: str = ""
    group: str = ""


class Offer(Struct, kw_only=True, frozen=True):
    """A treatment worth making."""

    id: str
    text: str
    cost: float
    expected_value: float


class DataQuality(Struct, kw_only=True, frozen=True):
    """How much is known about the user."""

    events: int
    age_days: float


class AlertData(Struct, kw_only=True, frozen=True):
    """One transition of one user's alert, explained."""

    alert_id: Text
    dedup_key: str
    user_ref: str
    episode: Annotated[int, Meta(ge=1)]
    sequence: Annotated[int, Meta(ge=1)]
    status: Status
    severity: Severity
    resolution: Resolution | None
    src: SourcePosition
    front: int
    score: float
    score_prev: float | None
    calibrated: bool
    reasons: list[Reason]
    recommended_offer: Offer | None
    policy: Policy
    policy_state: PolicyState
    model: ModelRef
    state_digest: Digest
    feature_schema: Digest
    vector_hash: Digest
    data_quality: DataQuality
    event_time: Instant
    detected_at: Instant
    starts_at: Instant
    ends_at: Instant | None
    trigger_event_id: str
    replay: bool


class Alert(Envelope, frozen=True, tag_field="type", tag="churn.alert.v1"):
    """A decision about a user, as published."""

    data: AlertData
