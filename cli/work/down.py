"""`churn down`: stops what `churn up` has started."""

from cli.console import print_json
from cli.options import AsJson
from cli.work.stack import facts, named, show
from stack import local
from stream_app.settings import STACK_DIRECTORY


def down(as_json: AsJson = False) -> None:
    """Stop the Kafka and Redis that `churn up` has started; their data stay in .churn.

    Example: churn down
    """
    local.stop(STACK_DIRECTORY)
    services = local.state(STACK_DIRECTORY, named())
    if as_json:
        print_json(facts(services))
    else:
        show(services)
