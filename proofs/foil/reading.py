"""Whose event a record is, and under which key the user's state stands: what the agent and its examiner agree on."""

import json

import redis

_AT_ONCE = 5_000


def user_of(value: bytes | None) -> str | None:
    """The user of a customer event, None for whatever else is in the topic."""
    try:
        event = json.loads(value or b"")
    except ValueError:
        return None
    user = event.get("subject") if isinstance(event, dict) else None
    return user if isinstance(user, str) and user else None


def key_prefix(app_id: str) -> str:
    """In front of the user's id."""
    return f"{{{app_id}.foil}}:"


def counted(client: "redis.Redis", app_id: str) -> dict[str, int]:
    """How many events are counted of each user."""
    prefix = key_prefix(app_id)
    keys = list(client.scan_iter(f"{prefix}*", count=_AT_ONCE))
    states = client.mget(keys) if keys else []
    return {
        key.decode().removeprefix(prefix): json.loads(state)["events"]
        for key, state in zip(keys, states, strict=True)
        if state is not None
    }
