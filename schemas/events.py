"""The records of `customer-events`: CloudEvents 1.0 in structured mode, everything in the JSON value.

Activity, conversation, message and profile events are about a user, whose id is the `subject` and the Kafka key.
Control and clock records are addressed to a partition and have no user. `recordedtime` is the time at which the source
took the event down; replays and event files carry it, a live producer may leave it out (the Kafka record's timestamp
stands in).

Unknown attributes and unknown data fields are ignored, so that producers may add to them; an unknown type is refused.
"""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(min_length=1, max_length=256)]
Instant = Annotated[
    str,
    Meta(description="RFC 3339 date-time with an offset", max_length=64, extra_json_schema={"format": "date-time"}),
]
UserId = Annotated[str, Meta(max_length=200)]
SLUG_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"
Slug = Annotated[str, Meta(pattern=SLUG_PATTERN)]
Action = Annotated[str, Meta(max_length=64, extra_json_schema={"pattern": SLUG_PATTERN})]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
RuleNumber = Annotated[float, Meta(ge=0.0, le=1e9)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


_MOST_SLUGS = 4096
_slugs: set[str] = set()
"""Actions that have been found to be slugs: there are few of them, and looking one up costs less than a call."""


def _refuse_no_slug(action: str) -> None:
    if re.fullmatch(SLUG_PATTERN, action) is None:
        raise ValueError(f"the action {action!r} does not match {SLUG_PATTERN}")
    if len(_slugs) < _MOST_SLUGS:
        _slugs.add(action)


class Envelope(Struct, kw_only=True, frozen=True, omit_defaults=True, gc=False):
    """The CloudEvents attributes that all records share."""

    specversion: Literal["1.0"]
    id: Text
    source: Text
    time: Instant
    subject: UserId | None = None
    partitionkey: str | None = None
    recordedtime: Instant | None = None
    datacontenttype: str | None = None


class ActivityData(Struct, kw_only=True, frozen=True, omit_defaults=True, gc=False):
    """What the user did in the product; the workload says which actions mean what, others count as activity only."""

    action: Action
    session_ref: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no slug. A pattern in the type would be matched anew for every event."""
        if self.action not in _slugs:
            _refuse_no_slug(self.action)


class Activity(Envelope, frozen=True, gc=False, tag_field="type", tag="churn.activity.v1"):
    """A user did something in the product."""

    data: ActivityData


class ConversationData(Struct, kw_only=True, frozen=True, omit_defaults=True, gc=False):
    """A change in the life of a support conversation."""

    event: Literal["opened", "closed"]
    conversation_ref: Text
    channel: str = "chat"


class Conversation(Envelope, frozen=True, gc=False, tag_field="type", tag="churn.conversation.v1"):
    """A support conversation was opened or closed."""

    data: ConversationData


class MessageData(Struct, kw_only=True, frozen=True, omit_defaults=True, gc=False):
    """A chat message: its text, or the sentiment that its source has computed, or both."""

    conversation_ref: Text
    direction: Literal["inbound", "outbound"]
    text: str | None = None
    sentiment: Annotated[float, Meta(ge=-1.0, le=1.0)] | None = None
    channel: str = "chat"

    def __post_init__(self) -> None:
        """Refuse a message that says nothing."""
        if self.text is None and self.sentiment is None:
            raise ValueError("a message needs a text or a sentiment")


class Message(Envelope, frozen=True, gc=False, tag_field="type", tag="churn.message.v1"):
    """A message passed between user (inbound) and support (outbound)."""

    data: MessageData


class ProfileData(Struct, kw_only=True, frozen=True):
    """Facts about the user that the workload knows by name, such as {"plan": "paid"}."""

    attributes: Annotated[dict[Slug, str | float], Meta(min_length=1)]


class Profile(Envelope, frozen=True, gc=False, tag_field="type", tag="churn.profile.v1"):
    """Something lasting about the user became known or changed."""

    data: ProfileData


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


UserEvent = Activity | Conversation | Message | Profile
PartitionRecord = Control | Clock
Record = UserEvent | PartitionRecord
USER_EVENTS = (Activity, Conversation, Message, Profile)
