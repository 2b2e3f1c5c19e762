"""The local Kafka and Redis: what runs where, for the commands that start, stop and show it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_settings import SettingsConfigDict

from cli.console import ERR, OUT
from stack import local
from stream_app.settings import STACK_DIRECTORY, Settings

_STANDING = {
    "started": "started",
    "named": "named by you, answers",
    "unreachable": "does not answer",
    "stopped": "stopped",
}


class _OwnSettings(Settings):
    """What a person has set: the settings without the file that the local stack writes."""

    model_config = SettingsConfigDict(env_file=".env")


def start_services() -> local.Services:
    """Have the local stack's services running, without topics; says on stderr what takes long."""
    return local.start(
        STACK_DIRECTORY, named(), say=lambda text: ERR.print(f"churn: {text}", markup=False, soft_wrap=True)
    )


@contextmanager
def running_services() -> Iterator[local.Services]:
    """The services of the local stack; what was not running before is stopped again."""
    services = start_services()
    try:
        yield services
    finally:
        if "started" in (services.kafka.standing, services.redis.standing):
            local.stop(STACK_DIRECTORY)


def named() -> local.NamedServices:
    """The services that a person names instead of the local ones."""
    own = _OwnSettings()
    return local.NamedServices(own.kafka_bootstrap, own.redis_url)


def facts(services: local.Services) -> dict[str, Any]:
    """What runs where, for JSON."""
    return {
        service.name.lower(): {
            "uri": service.uri or None,
            "standing": service.standing,
            "answers": service.answers,
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
