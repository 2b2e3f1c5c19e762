"""`churn topics create`: makes the topics of a deployment, on whatever broker the settings name."""

from cli.console import OUT, print_json
from cli.options import AsJson
from stream_app.bootstrap.deployment import create_topics, deployment_of
from stream_app.bootstrap.engine import first_control
from stream_app.settings import Settings


def create(as_json: AsJson = False) -> None:
    """Make the topics that are missing, each partition beginning with what is in force; what exists stays as it is.

    Example: churn topics create
    """
    settings = Settings()
    names = make_topics(settings)
    if as_json:
        print_json({"topics": names, "partitions": settings.partitions})
    else:
        say_topics(names, settings)


def make_topics(settings: Settings) -> list[str]:
    """Have the deployment's topics, the newest model in force on new ones, and return their names."""
    deployment = deployment_of(settings)
    create_topics(deployment, settings.partitions, first_control(settings))
    return list(deployment.topics.names)


def say_topics(names: list[str], settings: Settings) -> None:
    """Say which topics there are."""
    OUT.print(f"Topics  {', '.join(names)}: {settings.partitions} partitions each", markup=False, soft_wrap=True)
