"""Imports of states against sessions on a real Redis and Kafka: whoever owned the partition before can do no harm."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from operations.states.restore import restore
from operations.states.snapshot import PartitionSnapshot
from schemas.errors import ContractViolation, Transient
from schemas.topics import TOPICS
from stack.local import Services
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.topics import delete_topics
from stream_app.adapters.redis.partition_import import RedisImport
from stream_app.adapters.redis.states import RedisStates
from stream_app.adapters.redis.stored_states import RedisStoredStates
from stream_app.core.hashing import anchor
from stream_app.deployment import Deployment
from stream_app.partition.effects import Anchor, Meta
from tests.support.connections import deployment_at
from tests.support.decision_deployments import alert
from tests.support.state_deployments import A_STATE, CONTROL, DIGEST, claim, commit
from tests.unit.operations.test_state_files import export

VALUES = [b"one", b"two", b"three"]
META = Meta(position=2, anchor=Anchor(1, anchor(VALUES[1])), state_digest=DIGEST, partitions=1, control=CONTROL)
EXPORTED = PartitionSnapshot(META, {"ana": A_STATE, "ben": A_STATE[::-1]})


@pytest.fixture
def deployment(stack: Services, prefix: str) -> Iterator[Deployment]:
    made = deployment_at(stack, prefix)
    make_topics(made)
    yield made
    delete_topics(made)


def make_topics(made: Deployment) -> None:
    """One partition each, with three records in the events."""
    admin = AdminClient({"bootstrap.servers": made.kafka.bootstrap, "log_level": 0})
    new = [NewTopic(made.topics.of(topic), 1, 1, config=topic.config()) for topic in TOPICS]
    for created in admin.create_topics(new).values():
        created.result(30)
    producer = Producer({"bootstrap.servers": made.kafka.bootstrap, "log_level": 0})
    for value in VALUES:
        producer.produce(made.topics.events, value, partition=0)
    assert producer.flush(30) == 0


@pytest.fixture
def client(deployment: Deployment) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(deployment.redis.url) as it:
        yield it


def imported(
    made: Deployment, directory: Path, snapshot: PartitionSnapshot = EXPORTED, *, replace: bool = False
) -> None:
    manifest = export(directory, [snapshot])
    restore(made, DIGEST, directory, manifest, lambda count: None, replace=replace)


def store(made: Deployment) -> RedisStates:
    return RedisStates(made, 0)


def test_a_session_begins_at_the_exported_position_with_the_exported_states(
    deployment: Deployment, tmp_path: Path
) -> None:
    imported(deployment, tmp_path)

    async def scenario() -> tuple[Meta, Any]:
        session = store(deployment)
        meta = await session.claim(claim(b"new"))
        states = await session.load(["ana", "ben", "eve"])
        await session.close()
        return meta, states

    meta, states = asyncio.run(scenario())
    assert meta == META
    assert states == [A_STATE, A_STATE[::-1], None]


def test_no_session_can_commit_from_the_begin_of_an_import_to_its_end_and_none_passes_for_the_owner_after_it(
    deployment: Deployment, client: "redis.Redis"
) -> None:
    under_way = RedisImport(client, deployment.app_id, 0, b"import")

    async def scenario() -> None:
        before, meanwhile, after = store(deployment), store(deployment), store(deployment)
        await before.claim(claim(b"before", partitions=1))
        under_way.begin(META, replace=False)
        assert not await before.check(b"before", 0)
        assert not await before.commit(commit(b"before", 0, 1, {"ana": b"wrong"}))
        assert (await meanwhile.claim(claim(b"meanwhile", partitions=1))).position == -1
        under_way.write(["ana"], [A_STATE])
        under_way.finish(META)
        assert not await meanwhile.check(b"meanwhile", -1)
        assert not await meanwhile.commit(commit(b"meanwhile", -1, 1, {"ana": b"wrong"}))
        assert await after.claim(claim(b"after", partitions=1)) == META
        assert await after.load(["ana"]) == [A_STATE]
        assert await after.commit(commit(b"after", 2, 3))
        for session in (before, meanwhile, after):
            await session.close()

    asyncio.run(scenario())


def test_a_second_import_stops_the_first(deployment: Deployment, client: "redis.Redis") -> None:
    first, second = (RedisImport(client, deployment.app_id, 0, token) for token in (b"first", b"second"))
    first.begin(META, replace=False)
    second.begin(META, replace=False)
    with pytest.raises(Transient, match="another import"):
        first.remove(["ana"])
    with pytest.raises(Transient, match="another import"):
        first.write(["ana"], [b"1"])
    with pytest.raises(Transient, match="another import"):
        first.finish(META)
    second.write(["ana"], [b"2"])
    second.finish(META)
    with pytest.raises(Transient, match="another import"):
        second.write(["ana"], [b"3"])


def test_a_publisher_from_before_the_import_publishes_nothing_any_more(deployment: Deployment, tmp_path: Path) -> None:
    async def zombie_publishes() -> None:
        zombie = KafkaDecisions(deployment, 0)
        await zombie.open()
        await asyncio.to_thread(imported, deployment, tmp_path)
        with pytest.raises(Transient) as doubt:
            await zombie.publish_alerts([alert(0)])
        assert doubt.value.cause == "publisher_fenced"
        await zombie.close()

    asyncio.run(zombie_publishes())


def test_states_are_kept_unless_they_are_to_be_replaced_and_then_none_is_left(
    deployment: Deployment, client: "redis.Redis", tmp_path: Path
) -> None:
    async def work() -> None:
        session = store(deployment)
        await session.claim(claim(b"token", partitions=1))
        assert await session.commit(commit(b"token", 0, 3, {"ana": b"kept", "zoe": b"kept"}))
        await session.close()

    asyncio.run(work())
    with pytest.raises(ContractViolation, match="Redis has states of partition 0"):
        imported(deployment, tmp_path / "refused")
    assert client.get(f"{{{deployment.app_id}.0}}:u:ana") == b"kept"
    imported(deployment, tmp_path / "replaced", replace=True)
    assert RedisStoredStates(client, deployment.app_id).users(0) == {"ana", "ben"}


def test_states_without_a_position_are_kept_as_well(
    deployment: Deployment, client: "redis.Redis", tmp_path: Path
) -> None:
    client.set(f"{{{deployment.app_id}.0}}:u:ana", b"kept")
    with pytest.raises(ContractViolation, match="Redis has states of partition 0"):
        imported(deployment, tmp_path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"position": 4}, "lies outside its log"),
        ({"anchor": Anchor(1, 1)}, "is not the one that was applied"),
        ({"state_digest": "f" * 16}, "were made by another layout"),
        ({"partitions": 2}, "was kept with 2 partitions"),
    ],
)
def test_an_export_that_does_not_fit_the_deployment_touches_nothing(
    deployment: Deployment, client: "redis.Redis", tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    meta = Meta(**{**{name: getattr(META, name) for name in META.__dataclass_fields__}, **changes})
    with pytest.raises(ContractViolation, match=says):
        imported(deployment, tmp_path, PartitionSnapshot(meta, EXPORTED.states), replace=True)
    assert list(client.scan_iter(f"{{{deployment.app_id}.*")) == []
