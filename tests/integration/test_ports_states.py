"""The states of a partition, in Redis and in memory: who owns them, and what one commit does."""

import asyncio
from collections.abc import Iterator

import pytest

from schemas.errors import Transient
from stack.local import Services
from stream_app.partition.effects import Anchor, Commit, Meta
from tests.support.connections import deployment_at
from tests.support.state_deployments import (
    A_STATE,
    ANCHOR,
    CONTROL,
    DIGEST,
    Deployment,
    InMemory,
    InRedis,
    claim,
    commit,
)


@pytest.fixture
def in_redis(stack: Services, prefix: str) -> Iterator[InRedis]:
    deployment = InRedis(deployment_at(stack, prefix))
    yield deployment
    deployment.remove()


@pytest.fixture(params=["memory", "redis"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    if request.param == "memory":
        return InMemory()
    found: InRedis = request.getfixturevalue("in_redis")
    return found


def test_a_partition_without_states_begins_at_0_with_what_the_claim_says(deployment: Deployment) -> None:
    async def scenario() -> None:
        store = deployment.store()
        assert await store.claim(claim(b"first")) == Meta(0, None, DIGEST, 8, None)
        assert await store.check(b"first", 0)
        await store.close()

    asyncio.run(scenario())


def test_a_later_claim_is_told_what_the_states_were_made_with_and_changes_nothing_of_it(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.store(), deployment.store()
        await first.claim(claim(b"first"))
        meta = await second.claim(claim(b"second", digest="f" * 16, partitions=16))
        assert (meta.state_digest, meta.partitions, meta.position) == (DIGEST, 8, 0)
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_states_position_anchor_and_control_come_back_together(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.store(), deployment.store()
        await first.claim(claim(b"first"))
        assert await first.commit(commit(b"first", 0, 5, {"ana": A_STATE, "ben": b""}))
        assert await second.claim(claim(b"second")) == Meta(5, ANCHOR, DIGEST, 8, CONTROL)
        assert list(await second.load(["ben", "ana"])) == [b"", A_STATE]
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_a_commit_without_a_control_in_force_leaves_none(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.store(), deployment.store()
        await first.claim(claim(b"first"))
        assert await first.commit(Commit(b"first", 0, 1, None, None, [], []))
        assert await second.claim(claim(b"second")) == Meta(1, None, DIGEST, 8, None)
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_a_user_that_is_not_known_has_no_state(deployment: Deployment) -> None:
    async def scenario() -> None:
        store = deployment.store()
        await store.claim(claim(b"first"))
        await store.commit(commit(b"first", 0, 1, {"ana": A_STATE}))
        assert list(await store.load(["nobody", "ana", "Zoë {1} 渡辺"])) == [None, A_STATE, None]
        await store.close()

    asyncio.run(scenario())


def test_any_user_id_has_a_state_of_its_own(deployment: Deployment) -> None:
    users = {"ana": b"1", "Ana": b"2", "Zoë {1} 渡辺": b"3", "a:u:b\r\n": b"4", " ": b"5"}

    async def scenario() -> None:
        store = deployment.store()
        await store.claim(claim(b"first"))
        assert await store.commit(commit(b"first", 0, 5, users))
        assert list(await store.load(list(users))) == list(users.values())
        await store.close()

    asyncio.run(scenario())


def test_the_owner_that_was_taken_over_can_neither_confirm_nor_commit(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.store(), deployment.store()
        await first.claim(claim(b"first"))
        assert await first.commit(commit(b"first", 0, 2, {"ana": b"of the first"}))
        await second.claim(claim(b"second"))
        assert not await first.check(b"first", 2)
        assert not await first.commit(commit(b"first", 2, 4, {"ana": b"of a zombie", "ben": b"of a zombie"}))
        assert list(await second.load(["ana", "ben"])) == [b"of the first", None]
        assert await second.check(b"second", 2)
        assert await second.commit(commit(b"second", 2, 3, {"ben": b"of the second"}))
        assert not await first.commit(commit(b"first", 2, 4, {"ben": b"of a zombie"}))
        assert list(await second.load(["ana", "ben"])) == [b"of the first", b"of the second"]
        await first.close()
        await second.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("expected", [1, 3, 0])
def test_a_commit_from_another_position_is_refused_whole(deployment: Deployment, expected: int) -> None:
    async def scenario() -> None:
        store, next_store = deployment.store(), deployment.store()
        await store.claim(claim(b"first"))
        assert await store.commit(commit(b"first", 0, 2, {"ana": b"at 2"}))
        refused = Commit(b"first", expected, 4, Anchor(3, 99), None, ["ana", "ben"], [b"at 4", b"at 4"])
        assert not await store.commit(refused)
        assert not await store.check(b"first", expected)
        assert list(await store.load(["ana", "ben"])) == [b"at 2", None]
        assert await next_store.claim(claim(b"second")) == Meta(2, ANCHOR, DIGEST, 8, CONTROL)
        await store.close()
        await next_store.close()

    asyncio.run(scenario())


def test_a_commit_that_is_asked_twice_is_done_once(deployment: Deployment) -> None:
    async def scenario() -> None:
        store = deployment.store()
        await store.claim(claim(b"first"))
        asked = commit(b"first", 0, 2, {"ana": b"at 2"})
        assert await store.commit(asked)
        assert not await store.commit(asked)
        assert await store.check(b"first", 2)
        await store.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("users", [1, 2000, 4000, 4501])
def test_a_batch_of_many_users_is_committed_and_loaded_whole(deployment: Deployment, users: int) -> None:
    states = {f"user-{i}": i.to_bytes(2, "big") * 50 for i in range(users)}

    async def scenario() -> None:
        store = deployment.store()
        await store.claim(claim(b"first"))
        assert await store.commit(commit(b"first", 0, users, states))
        assert list(await store.load(list(states))) == list(states.values())
        await store.close()

    asyncio.run(scenario())


def test_partitions_are_nothing_to_one_another(deployment: Deployment) -> None:
    async def scenario() -> None:
        zeroth, first = deployment.store(0), deployment.store(1)
        await zeroth.claim(claim(b"zeroth"))
        await first.claim(claim(b"first"))
        assert await first.commit(commit(b"first", 0, 3, {"ana": A_STATE}))
        assert await zeroth.check(b"zeroth", 0)
        assert list(await zeroth.load(["ana"])) == [None]
        await zeroth.close()
        await first.close()

    asyncio.run(scenario())


def test_a_connection_that_is_lost_does_not_come_back(deployment: Deployment) -> None:
    async def scenario() -> None:
        store, next_store = deployment.store(), deployment.store()
        await store.claim(claim(b"first"))
        deployment.cut_connections()
        for _ in range(2):
            with pytest.raises(Transient):
                await store.check(b"first", 0)
        with pytest.raises(Transient):
            await store.load(["ana"])
        with pytest.raises(Transient):
            await store.commit(commit(b"first", 0, 1, {"ana": A_STATE}))
        assert (await next_store.claim(claim(b"second"))).position == 0
        assert list(await next_store.load(["ana"])) == [None]
        await store.close()
        await next_store.close()

    asyncio.run(scenario())


def test_nothing_is_answered_before_the_claim_nor_after_the_close(deployment: Deployment) -> None:
    async def scenario() -> None:
        store = deployment.store()
        with pytest.raises(Transient):
            await store.load(["ana"])
        await store.claim(claim(b"first"))
        await store.close()
        await store.close()
        with pytest.raises(Transient):
            await store.check(b"first", 0)

    asyncio.run(scenario())
