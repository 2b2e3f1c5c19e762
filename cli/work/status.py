"""`churn status`: says what runs where."""

from cli.console import print_json
from cli.options import AsJson
from cli.work.stack import facts, named, show
from schemas.errors import ContractViolation
from stack import local
from stream_app.settings import STACK_DIRECTORY


def status(as_json: AsJson = False) -> None:
    """Say what runs where; exits with 1 when a service does not run.

    Example: churn status --json
    """
    services = local.state(STACK_DIRECTORY, named())
    if as_json:
        print_json(facts(services))
    else:
        show(services)
    both = (services.kafka, services.redis)
    if refused := [service.why for service in both if service.why]:
        raise ContractViolation("; ".join(refused))
    if missing := [service.name for service in both if not service.usable]:
        raise ContractViolation(f"{' and '.join(missing)} cannot be used: `churn up` starts the local stack")
