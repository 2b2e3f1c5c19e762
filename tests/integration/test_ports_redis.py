"""What only a real Redis does to a session: it falls silent, forgets scripts, answers too late."""

import asyncio
from collections.abc import Iterator

import pytest

from schemas.errors import Transient
from stack.local import Services
from stream_app.adapters.redis.states import RedisStates
from tests.support.connections import NOWHERE, deployment_at
from tests.support.state_deployments import InRedis, claim, commit


@pytest.fixture
def in_redis(stack: Services, prefix: str) -> Iterator[InRedis]:
    deployment = InRedis(deployment_at(stack, prefix))
    yield deployment
    deployment.remove()


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
        store = RedisStates(NOWHERE, 0)
        with pytest.raises(Transient, match="Redis did not answer"):
            await store.claim(claim(b"first"))
        await store.close()

    asyncio.run(scenario())


def test_redis_that_falls_silent_loses_the_session(in_redis: InRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        store = in_redis.store()
        await store.claim(claim(b"first"))
        monkeypatch.setattr("stream_app.adapters.redis.states._TIMEOUT_S", 0.05)
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
