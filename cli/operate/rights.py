"""`churn rights`: what each role must be allowed to do in Kafka and Redis."""

from typing import Annotated, Any

import typer
from rich.table import Table

from cli.console import OUT, print_json
from cli.options import AsJson
from operations.rights.kafka import kafka_command, kafka_rights
from operations.rights.redis import redis_command, redis_rules
from operations.rights.roles import DOES, ROLES, Role
from operations.rights.tables import rows
from stream_app.bootstrap.deployment import deployment_of
from stream_app.deployment import Deployment
from stream_app.settings import Settings


def rights(
    role: Annotated[Role | None, typer.Argument(help="Unset: all roles.")] = None,
    commands: Annotated[
        bool, typer.Option("--commands", help="Print the commands of kafka-acls.sh and Redis that grant them.")
    ] = False,
    user: Annotated[str | None, typer.Option(help="Who takes the role; unset: called like the role.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the least rights in Kafka and Redis that each role of this deployment needs, or how to grant them.

    Example: churn rights worker --commands --user churn-worker
    """
    deployment, roles = deployment_of(Settings()), (role,) if role else ROLES
    if as_json:
        print_json({one: _facts(one, deployment) for one in roles})
    elif commands:
        for one in roles:
            _say_commands(one, deployment, user or one)
    else:
        OUT.print(*(_table(one, deployment) for one in roles), sep="\n\n")


def _facts(role: Role, deployment: Deployment) -> dict[str, Any]:
    return {
        "kafka": [right._asdict() for right in kafka_rights(role, deployment)],
        "redis": redis_rules(role, deployment),
    }


def _say_commands(role: Role, deployment: Deployment, user: str) -> None:
    lines = [f"# {role}: {DOES[role]}"]
    lines += [kafka_command(one, f"User:{user}", deployment.kafka) for one in kafka_rights(role, deployment)]
    if in_redis := redis_command(role, deployment, user):
        lines += ["# in redis-cli, with a password in the place of PASSWORD:", in_redis]
    for line in lines:
        OUT.print(line, markup=False, soft_wrap=True)


def _table(role: Role, deployment: Deployment) -> Table:
    table = Table(title=f"{role}: {DOES[role]}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("on")
    table.add_column("allowed")
    for on, allowed in rows(role, deployment):
        table.add_row(on, allowed)
    return table
