"""`churn up`: starts the local Kafka and Redis, and makes the topics."""

from cli.console import print_json
from cli.operate.create_topics import make_topics, say_topics
from cli.options import AsJson
from cli.work.stack import facts, show, start_services
from stream_app.settings import Settings


def up(as_json: AsJson = False) -> None:
    """Start the local Kafka and Redis, unless they run or you name others, and make the topics.

    CHURN_KAFKA_BOOTSTRAP and CHURN_REDIS_URL, in the environment or in .env, name services that run already.

    Example: churn up && churn status
    """
    services = start_services()
    settings = Settings()
    topics = make_topics(settings)
    if as_json:
        print_json({**facts(services), "topics": topics, "partitions": settings.partitions})
        return
    show(services, running="already running")
    say_topics(topics, settings)
