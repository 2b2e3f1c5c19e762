"""Three brokers keep everything three times, and one that leads may die: what production's promises rest on."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient

from proofs.chaos.broker_site import BrokerSite
from proofs.chaos.relay import RelayLoop
from schemas.topics import CUSTOMER_EVENTS, TOPICS
from stream_app.adapters.kafka.topics import create_topics
from stream_app.bootstrap.engine import first_control
from stream_app.deployment import Deployment, Topics
from stream_app.settings import Settings

PARTITIONS = 3
THREE_TIMES = {topic.name: {3} for topic in TOPICS}
MOVED_WITHIN_S = 60.0


@pytest.fixture
def site(tmp_path: Path, jars: Path) -> Iterator[BrokerSite]:
    loop = RelayLoop()
    made = BrokerSite(tmp_path / "kafka", lambda: jars, loop, 3)
    create_topics(Deployment("app", Topics(), made.direct), PARTITIONS, first_control(Settings(partitions=PARTITIONS)))
    yield made
    made.stop()
    loop.close()


def in_sync(site: BrokerSite) -> dict[str, set[int]]:
    """How many replicas of its partitions are up to date, by topic."""
    found = AdminClient({"bootstrap.servers": site.direct.bootstrap, "log_level": 0}).list_topics(timeout=10).topics
    return {topic.name: {len(one.isrs) for one in found[topic.name].partitions.values()} for topic in TOPICS}


def deliver(site: BrokerSite, count: int) -> list[int]:
    """Write so many records with acks=all; the offsets of those that arrived."""
    arrived: list[int] = []

    def take_down(error: KafkaError | None, message: Message) -> None:
        assert error is None
        arrived.append(message.offset())

    producer = Producer({"bootstrap.servers": site.direct.bootstrap, "enable.idempotence": True, "log_level": 0})
    for _ in range(count):
        producer.produce(CUSTOMER_EVENTS.name, b"{}", partition=0, on_delivery=take_down)
    assert producer.flush(MOVED_WITHIN_S) == 0
    return arrived


def test_what_was_acknowledged_survives_the_death_of_leaders(site: BrokerSite) -> None:
    assert in_sync(site) == THREE_TIMES
    draw, arrived = random.Random(1), deliver(site, 10)
    for _ in range(2):
        site.kill(draw, lambda: arrived.extend(deliver(site, 10)))
        deadline = time.monotonic() + MOVED_WITHIN_S
        while in_sync(site) != THREE_TIMES:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert arrived == list(range(1, 31))
