"""Rights as tables: for a terminal, and for docs/security.md."""

from collections import defaultdict

from operations.rights.kafka import kafka_rights
from operations.rights.redis import redis_rules
from operations.rights.roles import DOES, ROLES, Role
from stream_app.deployment import Deployment

_NONE = "nothing"


def rows(role: Role, deployment: Deployment) -> list[tuple[str, str]]:
    """What a role reaches, and what it must be allowed to do there: in Kafka, and last in Redis."""
    found = defaultdict(list)
    for right in kafka_rights(role, deployment):
        found[f"{right.kind} {right.pattern}"].append(right.operation)
    in_kafka = [(on, ", ".join(operations)) for on, operations in found.items()]
    return [*in_kafka, ("Redis", " ".join(redis_rules(role, deployment)) or _NONE)]


def markdown(deployment: Deployment) -> str:
    """Those of all roles."""
    lines = ["| role | on | allowed |", "| --- | --- | --- |"]
    for role in ROLES:
        for place, (on, allowed) in enumerate(rows(role, deployment)):
            who = f"**{role}**: {DOES[role]}" if place == 0 else ""
            lines.append(f"| {who} | `{on}` | {_cell(allowed)} |")
    return "".join(f"{line}\n" for line in lines)


def _cell(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`" if text != _NONE else text
