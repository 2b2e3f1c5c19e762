"""`churn up`, `churn down`, `churn status`: the local Kafka and Redis, and the topics."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic_settings import SettingsConfigDict

from cli.console import ERR, OUT, print_json
from cli.operate.topics import make_topics, show_topics
from schemas.errors import ContractViolation
from stack import local
from stream_app.settings import STACK_DIRECTORY, Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

_STANDING = {
    "started": "started",
    "named": "named by you, answers",
    "unreachable": "does not answer",
    "stopped": "stopped",
}


class _OwnSettings(Settings):
    """What a person has set: the settings without the file that the local stack writes."""

    model_config = SettingsConfigDict(env_file=".env")


def up(as_json: AsJson = False) -> None:
    """Start the local Kafka and Redis, unless they run or you name others, and make the topics.

    CHURN_KAFKA_BOOTSTRAP and CHURN_REDIS_URL, in the environment or in .env, name services that run already.

    Example: churn up && churn status
    """
    services = start_services()
    settings = Settings(kafka_bootstrap=services.bootstrap, redis_url=services.redis_url)
    topics = make_topics(settings)
    if as_json:
        print_json({**_facts(services), "topics": topics, "partitions": settings.partitions})
        return
    _show(services, running="already running")
    show_topics(topics, settings)


def down(as_json: AsJson = False) -> None:
    """Stop the Kafka and Redis that `churn up` has started; their data stay in .churn.

    Example: churn down
    """
    local.stop(STACK_DIRECTORY)
    services = local.state(STACK_DIRECTORY, _named())
    if as_json:
        print_json(_facts(services))
    else:
        _show(services)


def status(as_json: AsJson = False) -> None:
    """Say what runs where; exits with 1 when a service does not run.

    Example: churn status --json
    """
    services = local.state(STACK_DIRECTORY, _named())
    if as_json:
        print_json(_facts(services))
    else:
        _show(services)
    missing = [service.name for service in (services.kafka, services.redis) if not service.answers]
    if missing:
        raise ContractViolation(f"{' and '.join(missing)} cannot be used: `churn up` starts the local stack")


def start_services() -> local.Services:
    """Have the local stack's services running, without topics; says on stderr what takes long."""
    return local.start(
        STACK_DIRECTORY, _named(), say=lambda text: ERR.print(f"churn: {text}", markup=False, soft_wrap=True)
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


def _named() -> local.Named:
    own = _OwnSettings()
    return local.Named(own.kafka_bootstrap, own.redis_url)


def _facts(services: local.Services) -> dict[str, Any]:
    return {
        service.name.lower(): {
            "uri": service.uri or None,
            "standing": service.standing,
            "answers": service.answers,
            "pid": service.pid,
        }
        for service in (services.kafka, services.redis)
    }


def _show(services: local.Services, running: str = "running") -> None:
    words = {**_STANDING, "running": running}
    for service in (services.kafka, services.redis):
        process = f" (process {service.pid})" if service.pid else ""
        line = f"{service.name:<6}  {service.uri or '-':<28}  {words[service.standing]}{process}"
        OUT.print(line, markup=False, soft_wrap=True)
