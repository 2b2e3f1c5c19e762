"""A deployment's keys are taken away, and nobody else's, whatever characters its name has."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import redis

from stack.local import Services
from stream_app.adapters.redis.cleaning import forget
from stream_app.adapters.redis.keys import meta_key, state_prefix
from tests.support.connections import deployment_at


@pytest.fixture
def client(stack: Services, prefix: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(stack.redis_url) as it:
        yield it
        for key in it.scan_iter(f"{{{prefix}*"):
            it.delete(key)


def keys_of(app_id: str) -> set[bytes]:
    return {meta_key(app_id, 0).encode(), (state_prefix(app_id, 11) + "ana").encode()}


@pytest.mark.parametrize(
    ("name", "other"), [("a", "ab"), ("a*", "ab"), ("a?", "ab"), ("[ab]", "a"), ("a\\*", "a*"), ("[^x]", "a")]
)
def test_a_deployment_is_forgotten_and_no_other(
    stack: Services, prefix: str, client: "redis.Redis", name: str, other: str
) -> None:
    for key in keys_of(prefix + name) | keys_of(prefix + other):
        client.set(key, b"1")
    forget(replace(deployment_at(stack, prefix), app_id=prefix + name))
    assert set(client.scan_iter(f"{{{prefix}*")) == keys_of(prefix + other)
