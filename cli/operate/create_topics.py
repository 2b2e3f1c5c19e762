"""`churn topics create`: makes the topics of a deployment, on whatever broker the settings name."""

from cli.console import OUT, print_json
from cli.options import AsJson
from schemas.topics import TOPICS
from stream_app import bootstrap
from stream_app.adapters.kafka import topics
from stream_app.settings import Settings


def create_topics(as_json: AsJson = False) -> None:
    """Make the topics that are missing, each partition beginning with what is in force; what exists stays as it is.

    Example: churn topics create
    """
    settings = Settings()
    names = make_topics(",".join(bootstrap.brokers(settings)), settings)
    if as_json:
        print_json({"topics": names, "partitions": settings.partitions})
    else:
        say_topics(names, settings)


def make_topics(brokers: str, settings: Settings) -> list[str]:
    """Have the deployment's topics, the newest model in force on new ones, and return their names."""
    topics.create_topics(brokers, settings.topic_prefix, settings.partitions, bootstrap.first_control(settings))
    return [settings.topic_prefix + topic.name for topic in TOPICS]


def say_topics(names: list[str], settings: Settings) -> None:
    """Say which topics there are."""
    OUT.print(f"Topics  {', '.join(names)}: {settings.partitions} partitions each", markup=False, soft_wrap=True)
