"""The least rights in Redis of each role, as rules of its ACL."""

import shlex

from operations.rights.roles import Role
from stream_app.bootstrap.deployment import all_keys_pattern
from stream_app.deployment import Deployment

_COMMANDS: dict[Role, tuple[str, ...]] = {
    "worker": ("ping", "info", "script|load", "evalsha", "mget", "mset", "hmget", "hset", "hsetnx"),
    "producer": (),
    "subscriber": (),
    "operations": (
        *("ping", "info", "scan", "mget", "hget", "hmget", "multi", "exec"),
        *("eval", "hset", "hdel", "del", "unlink", "set"),
    ),
}
"""Those that scripts call are checked as well."""


def redis_rules(role: Role, deployment: Deployment) -> list[str]:
    """The rules behind user and password; none for who needs no Redis."""
    commands = _COMMANDS[role]
    if not commands:
        return []
    keys = f"~{all_keys_pattern(deployment.app_id)}"
    return ["on", "resetkeys", keys, "resetchannels", "-@all", *(f"+{command}" for command in commands)]


def redis_command(role: Role, deployment: Deployment, user: str) -> str | None:
    """How an administrator makes the user of a role, to be completed by a password; None for who needs no Redis."""
    rules = redis_rules(role, deployment)
    return shlex.join(["ACL", "SETUSER", user, *rules, ">PASSWORD"]) if rules else None
