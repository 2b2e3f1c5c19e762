"""Whoever talks to Kafka or Redis is handed a connection; a bare address in a signature is named and refused."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MAY_HAVE_ADDRESSES = {"stack", "stream_app/settings.py", "stream_app/deployment.py"}
"""The stack starts the services, the settings read addresses as people write them, the connections hold them."""
MAY_MAKE_CLIENTS = {
    "stack",
    "tests",
    "benchmarks/peers",
    "proofs/foil/agent.py",
    "stream_app/adapters/kafka/connection.py",
    "stream_app/adapters/redis/connection.py",
}
"""The tests look from outside; peers and foil are what others would write."""
ADDRESSES = {"bootstrap", "bootstrap_servers", "brokers", "servers", "kafka", "kafka_bootstrap", "redis", "redis_url"}
CLIENTS = {"Consumer", "Producer", "AdminClient", "AIOKafkaConsumer", "AIOKafkaProducer", "Redis", "from_url"}


def files() -> list[Path]:
    packages = {path.parent for path in REPOSITORY.glob("*/__init__.py")}
    return sorted(path for package in packages for path in package.rglob("*.py"))


def may(path: Path, places: set[str]) -> bool:
    return any(path.relative_to(REPOSITORY).is_relative_to(place) for place in places)


def bare_addresses(source: str) -> Iterator[str]:
    """Arguments and attributes that are called as an address and are a string."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.arg(arg=name, annotation=ast.expr() as kind):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind):
                pass
            case _:
                continue
        if name in ADDRESSES and "str" in {part.id for part in ast.walk(kind) if isinstance(part, ast.Name)}:
            yield f"line {node.lineno}: {name}: {ast.unparse(kind)}"


def made_clients(source: str) -> Iterator[str]:
    """Calls of a client library's constructors."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in CLIENTS:
                yield f"line {node.lineno}: {name}"


def test_no_signature_takes_a_bare_address() -> None:
    found = {
        str(path): told
        for path in files()
        if not may(path, MAY_HAVE_ADDRESSES) and (told := list(bare_addresses(path.read_text())))
    }
    assert found == {}


def test_clients_are_made_in_one_place_for_each_service() -> None:
    found = {
        str(path): told
        for path in files()
        if not may(path, MAY_MAKE_CLIENTS) and (told := list(made_clients(path.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "def read(bootstrap: str, topic: str) -> None: ...",
        "def read(*, kafka: str | None = None) -> None: ...",
        "class Site:\n    redis_url: str",
        "async def read(redis_url: Optional[str]) -> None: ...",
    ],
)
def test_a_planted_address_is_found(source: str) -> None:
    assert list(bare_addresses(source))


@pytest.mark.parametrize(
    "source",
    ['Consumer({"bootstrap.servers": at})', "redis.Redis.from_url(url)", "redis.asyncio.Redis(host)"],
)
def test_a_planted_client_is_found(source: str) -> None:
    assert list(made_clients(source))


def test_a_connection_is_no_address() -> None:
    assert not list(bare_addresses("def read(kafka: KafkaConnection, redis: RedisConnection) -> str: ..."))
