"""The local Kafka and Redis: what runs where, for the commands that start, stop and show it."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from pydantic_settings import SettingsConfigDict

from cli.console import OUT, say
from stack import local
from stream_app.bootstrap.deployment import deployment_of, look_at_kafka, look_at_redis
from stream_app.settings import STACK_DIRECTORY, Settings

_STANDING = {
    "started": "started",
    "named": "named by you, answers",
    "refuses": "answers, and refuses us",
    "unreachable": "does not answer",
    "stopped": "stopped",
}


class _OwnSettings(Settings):
    """What a person has set: the settings without the file that the local stack writes."""

    model_config = SettingsConfigDict(env_file=".env")


def start_services() -> local.Services:
    """Have the local stack's services running, without topics; says on stderr what takes long."""
    return local.start(STACK_DIRECTORY, named(), _say)


def running_services() -> AbstractContextManager[local.Services]:
    """The services of the local stack; what was not running before is stopped again by the last that uses it."""
    return local.lent(STACK_DIRECTORY, named(), _say)


def named() -> local.NamedServices:
    """The services that a person names instead of the local ones."""
    own = deployment_of(_OwnSettings())
    kafka, redis = own.known_kafka, own.known_redis
    return local.NamedServices(
        local.NamedService(str(kafka), partial(look_at_kafka, kafka)) if kafka else None,
        local.NamedService(str(redis), partial(look_at_redis, redis)) if redis else None,
    )


def _say(text: str) -> None:
    say(f"churn: {text}")


def facts(services: local.Services) -> dict[str, Any]:
    """What runs where, for JSON."""
    return {
        service.name.lower(): {
            "uri": service.uri or None,
            "standing": service.standing,
            "answers": service.answers,
            "usable": service.usable,
            "pid": service.pid,
        }
        for service in (services.kafka, services.redis)
    }


def show(services: local.Services, running: str = "running") -> None:
    """Say what runs where."""
    words = {**_STANDING, "running": running}
    for service in (services.kafka, services.redis):
        process = f" (process {service.pid})" if service.pid else ""
        line = f"{service.name:<6}  {service.uri or '-':<28}  {words[service.standing]}{process}"
        OUT.print(line, markup=False, soft_wrap=True)
