"""The records of `customer-events`: CloudEvents 1.0 in structured mode, everything in the JSON value.

Activity, conversation, message and profile events are about a user, whose id is the `subject` and the Kafka key.
Control and clock records are addressed to a partition and have no user. `recordedtime` is the time at which the source
took the event down; replays and event files carry it, a live producer may leave it out (the Kafka record's timestamp
stands in).

Unknown attributes and unknown data fields are ignored, so that producers may add to them; an unknown type is refused.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

from schemas.envelope import Envelope, Instant, Probability, Sha256, Slug, Text
from schemas.event_types import USER_EVENTS, Activity, ActivityData, Conversation, Message, Profile, UserEvent

__all__ = [
    "USER_EVENTS",
    "Activity",
    "ActivityData",
    "Clock",
    "Control",
    "ControlData",
    "Conversation",
    "Envelope",
    "Instant",
    "Message",
    "ModelRef",
    "PartitionRecord",
    "Policy",
    "Profile",
    "Record",
    "Text",
    "UserEvent",
]
RuleNumber = Annotated[float, Meta(ge=0.0, le=1e9)]


class ModelRef(Struct, kw_only=True, frozen=True):
    """Names one artefact below `models/` and pins its bytes."""

    name: Slug
    version: Text
    sha256: Sha256


class Policy(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The rules of the alert state machine: a score at or above `enter` opens an episode, below `leave` closes it.

    `rules` hold new episodes back; each is named with its own numbers, such as {"known_for": {"hours": 24}}.
    """

    name: Slug
    version: Annotated[int, Meta(ge=1)]
    enter: Probability
    leave: Probability
    critical: Probability
    cooldown_s: Annotated[int, Meta(ge=0, le=10 * 365 * 86_400)]
    rules: dict[Slug, dict[Slug, RuleNumber]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse thresholds that cannot work together."""
        if not self.leave <= self.enter <= self.critical:
            raise ValueError("thresholds must obey leave <= enter <= critical")


class ControlData(Struct, kw_only=True, frozen=True):
    """All that decides, whole in every control record: nothing is inherited from the one before."""

    model: ModelRef
    policy: Policy
    text_table: str | None = None


class Control(Envelope, frozen=True, gc=False, tag_field="type", tag="churn.control.v1"):
    """From the next offset of its partition on, this model, policy and text table are in force."""

    data: ControlData


class Clock(Envelope, frozen=True, gc=False, tag_field="type", tag="churn.clock.v1"):
    """The source of the log says that it is `time` now; silence becomes visible. Moves no user's clock."""


PartitionRecord = Control | Clock
Record = UserEvent | PartitionRecord
