"""The types of events about a user, one entry each: its record, what it raises signals with, its examples.

A new type is a struct of its data, its record among `UserEvent`, and its entry in `EVENT_TYPES`.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.envelope import SLUG_PATTERN, Action, Envelope, Slug, Text
from schemas.event_sources import Attributes, FieldSource, Measures, Named, Own

_MOST_SLUGS = 4096
_slugs: set[str] = set()
"""Actions that have been found to be slugs: there are few of them, and looking one up costs less than a call."""


def _refuse_no_slug(action: str) -> None:
    if re.fullmatch(SLUG_PATTERN, action) is None:
        raise ValueError(f"the action {action!r} does not match {SLUG_PATTERN}")
    if len(_slugs) < _MOST_SLUGS:
        _slugs.add(action)


class ActivityData(Struct, kw_only=True, frozen=True, omit_defaults=True, gc=False):
    """What the user did, and numbers of it; the workload says what they mean, other actions count as activity only."""

    action: Action
    session_ref: str | None = None
    measures: Annotated[dict[Slug, float], Meta(max_length=32)] = {}

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


UserEvent = Activity | Conversation | Message | Profile


@dataclass(frozen=True)
class EventType:
    """A type of events. Its `sources`, data fields as they raise signals, are gone through in this order.

    Its examples stand below `schemas/examples/` in the folder that is called as the middle of its CloudEvents type.
    """

    record: type[UserEvent]
    sources: tuple[FieldSource, ...]


EVENT_TYPES = (
    EventType(Activity, (Named("activity", "action"), Measures("measure", "measures", by="action"))),
    EventType(Conversation, (Named("conversation", "event"),)),
    EventType(Message, (Named("message", "direction"), Own("sentiment", "sentiment", 1000, by="direction"))),
    EventType(Profile, (Attributes("profile", "attributes"),)),
)
USER_EVENTS = tuple(entry.record for entry in EVENT_TYPES)
