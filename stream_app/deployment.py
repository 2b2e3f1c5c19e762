"""Where a deployment keeps what."""

from dataclasses import dataclass

from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS


@dataclass(frozen=True)
class Deployment:
    """One app id with its topics in Kafka and its states in Redis. `kafka` is a list of brokers with commas."""

    kafka: str
    redis_url: str
    app_id: str
    topic_prefix: str

    @property
    def events(self) -> str:
        """Its topic of events."""
        return self.topic_prefix + CUSTOMER_EVENTS.name

    @property
    def alerts(self) -> str:
        """Its topic of alerts."""
        return self.topic_prefix + CHURN_ALERTS.name

    @property
    def letters(self) -> str:
        """Its topic of dead letters."""
        return self.topic_prefix + DEAD_LETTERS.name
