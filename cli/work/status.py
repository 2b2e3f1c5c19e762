"""`churn status`: says what runs where."""

from contextlib import suppress

from cli.console import OUT, print_json
from cli.options import AsJson
from cli.work.stack import facts, named, show
from schemas.errors import ContractViolation, Transient
from stack import local
from stream_app.bootstrap.deployment import deployment_of, held_back
from stream_app.settings import STACK_DIRECTORY, Settings


def _held_back(services: local.Services) -> dict[int, int]:
    """How many offsets of the events an open transaction holds back, by partition, as far as Kafka says so."""
    if not services.kafka.usable:
        return {}
    deployment = deployment_of(Settings(kafka_bootstrap=services.bootstrap))
    with suppress(ContractViolation, Transient):
        return held_back(deployment.kafka, deployment.topics.events)
    return {}


def status(as_json: AsJson = False) -> None:
    """Say what runs where; exits with 1 when a service does not run.

    Example: churn status --json
    """
    services = local.state(STACK_DIRECTORY, named())
    waiting = _held_back(services)
    if as_json:
        print_json({**facts(services), "held_back": waiting})
    else:
        show(services)
        for partition, offsets in waiting.items():
            line = f"Events  partition {partition}: an open transaction holds back {offsets:,} offsets"
            OUT.print(line, markup=False, soft_wrap=True)
    both = (services.kafka, services.redis)
    if refused := [service.why for service in both if service.why]:
        raise ContractViolation("; ".join(refused))
    if missing := [service.name for service in both if not service.usable]:
        raise ContractViolation(f"{' and '.join(missing)} cannot be used: `churn up` starts the local stack")
