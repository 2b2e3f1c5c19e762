"""Two sessions that both believe they own a partition, on real Kafka and Redis: only one of them commits."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.errors import Transient
from schemas.topics import TOPICS
from stack.local import Services
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.event_log import KafkaEventLog
from stream_app.adapters.memory.watcher import MemoryWatcher
from stream_app.adapters.redis.states import RedisStates
from stream_app.core.log import PlainRecord
from stream_app.partition.driver import Stopping, carry_out
from stream_app.partition.effects import Commit, Effect, PublishAlerts
from stream_app.partition.ports import Ports
from tests.support.connections import deployment_at
from tests.support.decision_deployments import alerts_from
from tests.support.event_logs import LogWriter, at, control, records_of
from tests.support.sessions import CONTROL, HandFeed, a_session, undisturbed


def a_log() -> list[PlainRecord]:
    log = LogWriter()
    for days, sentiment in enumerate([0.9, 0.1, 0.9]):
        log.says(at(days=2 * days), sentiment)
    return records_of([control(CONTROL), *log.events])


@dataclass(frozen=True)
class Site:
    """A deployment of one partition whose log holds these records."""

    services: Services
    prefix: str

    def make(self, log: Sequence[PlainRecord]) -> None:
        admin = AdminClient({"bootstrap.servers": self.services.bootstrap})
        topics = [NewTopic(self.prefix + topic.name, 1, 1, config=topic.config()) for topic in TOPICS]
        for created in admin.create_topics(topics).values():
            created.result()
        producer = Producer({"bootstrap.servers": self.services.bootstrap})
        for record in log:
            producer.produce(self.prefix + TOPICS[0].name, record.value, partition=0)
        assert producer.flush(30) == 0

    def ports(self, *chunks: Sequence[PlainRecord]) -> Ports:
        deployment = deployment_at(self.services, self.prefix)
        return Ports(
            states=RedisStates(deployment, 0),
            decisions=KafkaDecisions(deployment, 0),
            log=KafkaEventLog(deployment, 0),
            feed=HandFeed(*chunks),
            watcher=MemoryWatcher(),
        )


class Running:
    """A session that can be held up before an effect."""

    def __init__(self, site: Site, token: bytes, *chunks: Sequence[PlainRecord]) -> None:
        self.session, self.ports = a_session(token), site.ports(*chunks)
        self._protocol = self.session.run()
        self.effect: Effect[Any] = next(self._protocol)

    async def until(self, kind: type[Effect[Any]]) -> None:
        """Go on until such an effect is about to be carried out."""
        while not isinstance(self.effect, kind):
            await self.step()

    async def step(self) -> None:
        self.effect = self._protocol.send(await carry_out(self.effect, self.session, self.ports))

    async def to_the_end(self) -> None:
        try:
            while True:
                await self.step()
        except Stopping:
            return

    async def close(self) -> None:
        await self.ports.decisions.close()
        await self.ports.states.close()


@asynccontextmanager
async def two_owners(site: Site) -> AsyncIterator[tuple[Running, Running]]:
    log = a_log()
    zombie, owner = Running(site, b"zombie", log), Running(site, b"owner", log)
    try:
        yield zombie, owner
    finally:
        await zombie.close()
        await owner.close()


@pytest.fixture
def site(stack: Services, prefix: str) -> Site:
    made = Site(stack, prefix)
    made.make(a_log())
    return made


async def must_be_as_if_undisturbed(owner: Running) -> None:
    """One decision each, and the states of one fold."""
    expected = undisturbed(a_log())
    users = list(expected.states)
    assert await owner.ports.states.load(users) == [expected.states[user] for user in users]
    found = await alerts_from(owner.ports.decisions, 0)
    assert sorted(found.alerts) == [alert.data.src.offset for alert in expected.alerts]


@pytest.mark.parametrize(
    ("before", "cause"),
    [(Commit, "commit_refused"), (PublishAlerts, "publisher_fenced")],
    ids=["commit", "publication"],
)
def test_a_session_that_was_overtaken_before_it_committed_or_published_does_neither(
    site: Site, before: type[Effect[Any]], cause: str
) -> None:
    async def scenario() -> None:
        async with two_owners(site) as (zombie, owner):
            await zombie.until(before)
            await owner.until(before)
            with pytest.raises(Transient) as doubt:
                await zombie.step()
            assert doubt.value.cause == cause
            await owner.to_the_end()
            await must_be_as_if_undisturbed(owner)

    asyncio.run(scenario())


def test_a_commit_that_was_carried_out_and_never_answered_is_not_carried_out_again(site: Site) -> None:
    async def scenario() -> None:
        async with two_owners(site) as (first, second):
            await first.until(Commit)
            commit = first.effect
            assert isinstance(commit, Commit)
            assert await first.ports.states.commit(commit)
            assert not await first.ports.states.commit(commit)
            await second.to_the_end()
            await must_be_as_if_undisturbed(second)

    asyncio.run(scenario())
