"""The states of a partition, in Redis and in memory: who owns them, and what one commit does."""

import asyncio
from collections.abc import Iterator
from typing import Any, Protocol

import pytest
import redis

from schemas.errors import Transient
from schemas.events import ControlData, ModelRef, Policy
from stack.local import Services
from stream_app.adapters.memory.states import MemoryStates, StateTable
from stream_app.adapters.redis_states import RedisStates
from stream_app.partition.effects import Claim, Commit, Meta
from stream_app.partition.ports import StateStore

DIGEST = "0123456789abcdef"
CONTROL = ControlData(
    model=ModelRef(name="music", version="1", sha256="a" * 64),
    policy=Policy(name="strict", version=3, enter=0.5, leave=0.25, critical=0.75, cooldown_s=60),
)
A_STATE = bytes(range(256))


class Deployment(Protocol):
    """Partitions with states, and a way to lose the connections to them."""

    def store(self, partition: int = 0) -> StateStore:
        """A store for one session."""

    def cut_connections(self) -> None:
        """Break the connections of all stores."""


class InMemory:
    def __init__(self) -> None:
        self._tables = [StateTable(), StateTable()]

    def store(self, partition: int = 0) -> StateStore:
        return MemoryStates(self._tables[partition])

    def cut_connections(self) -> None:
        for table in self._tables:
            table.cut_connections()


class InRedis:
    def __init__(self, url: str, app_id: str) -> None:
        self.url = url
        self.app_id = app_id
        self.client: Any = redis.Redis.from_url(url)
        self._others = self._connections()

    def store(self, partition: int = 0) -> StateStore:
        return RedisStates(self.url, self.app_id, partition)

    def cut_connections(self) -> None:
        for connection in self._connections() - self._others:
            self.client.execute_command("CLIENT", "KILL", "ID", connection)

    def remove(self) -> None:
        for key in self.client.scan_iter(f"*{{{self.app_id}.*"):
            self.client.delete(key)
        self.client.close()

    def _connections(self) -> set[int]:
        return {int(client["id"]) for client in self.client.client_list()}


@pytest.fixture
def in_redis(stack: Services, prefix: str) -> Iterator[InRedis]:
    deployment = InRedis(stack.redis_url, prefix + "app")
    yield deployment
    deployment.remove()


@pytest.fixture(params=["memory", "redis"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    if request.param == "memory":
        return InMemory()
    found: InRedis = request.getfixturevalue("in_redis")
    return found


def claim(token: bytes, digest: str = DIGEST, partitions: int = 8) -> Claim:
    return Claim(token, digest, partitions)


def commit(token: bytes, expected: int, position: int, states: dict[str, bytes] | None = None) -> Commit:
    states = states or {}
    return Commit(token, expected, position, 77, CONTROL, list(states), list(states.values()))


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
        assert await second.claim(claim(b"second")) == Meta(5, 77, DIGEST, 8, CONTROL)
        assert list(await second.load(["ben", "ana"])) == [b"", A_STATE]
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_a_commit_without_a_control_in_force_leaves_none(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.store(), deployment.store()
        await first.claim(claim(b"first"))
        assert await first.commit(Commit(b"first", 0, 1, 0, None, [], []))
        assert await second.claim(claim(b"second")) == Meta(1, 0, DIGEST, 8, None)
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
        refused = Commit(b"first", expected, 4, 99, None, ["ana", "ben"], [b"at 4", b"at 4"])
        assert not await store.commit(refused)
        assert not await store.check(b"first", expected)
        assert list(await store.load(["ana", "ben"])) == [b"at 2", None]
        assert await next_store.claim(claim(b"second")) == Meta(2, 77, DIGEST, 8, CONTROL)
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


def test_redis_keeps_a_partition_under_one_hash_tag(in_redis: InRedis) -> None:
    async def scenario() -> None:
        store = in_redis.store(1)
        await store.claim(claim(b"first"))
        await store.commit(commit(b"first", 0, 1, {"ana": b"1", "ben": b"2"}))
        await store.close()

    asyncio.run(scenario())
    tag = f"{{{in_redis.app_id}.1}}"
    keys = {key.decode() for key in in_redis.client.scan_iter(f"*{in_redis.app_id}*")}
    assert keys == {f"{tag}:m", f"{tag}:u:ana", f"{tag}:u:ben"}


def test_redis_that_is_not_there_is_a_transient_error() -> None:
    async def scenario() -> None:
        store = RedisStates("redis://127.0.0.1:1/0", "app", 0)
        with pytest.raises(Transient, match="Redis did not answer"):
            await store.claim(claim(b"first"))
        await store.close()

    asyncio.run(scenario())


def test_redis_that_falls_silent_loses_the_session(in_redis: InRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        store = in_redis.store()
        await store.claim(claim(b"first"))
        monkeypatch.setattr("stream_app.adapters.redis_states._TIMEOUT_S", 0.05)
        in_redis.client.client_pause(200)
        with pytest.raises(Transient):
            await store.load(["ana"])
        in_redis.client.client_unpause()
        with pytest.raises(Transient, match="is gone"):
            await store.load(["ana"])

    asyncio.run(scenario())


def test_a_call_that_is_cancelled_takes_its_connection_with_it(in_redis: InRedis) -> None:
    """Its reply would be read as the answer to the next call."""

    async def scenario() -> None:
        store = in_redis.store()
        await store.claim(claim(b"first"))
        in_redis.client.client_pause(200)
        call = asyncio.ensure_future(store.load(["ana"]))
        await asyncio.sleep(0.02)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        in_redis.client.client_unpause()
        with pytest.raises(Transient, match="is gone"):
            await store.check(b"first", 0)

    asyncio.run(scenario())


def test_redis_that_forgot_the_scripts_gets_them_from_the_next_session(in_redis: InRedis) -> None:
    async def scenario() -> None:
        store, next_store = in_redis.store(), in_redis.store()
        await store.claim(claim(b"first"))
        in_redis.client.script_flush()
        with pytest.raises(Transient):
            await store.commit(commit(b"first", 0, 1))
        assert (await next_store.claim(claim(b"second"))).position == 0
        assert await next_store.commit(commit(b"second", 0, 1))
        await next_store.close()

    asyncio.run(scenario())
