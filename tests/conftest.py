"""What all tests share: a real Kafka and a real Redis of the run's own, the public data, unique topic names."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from stack import local
from stream_app.adapters.kafka.topics import delete_topics
from tests.support.connections import deployment_at

REPOSITORY = Path(__file__).parents[1]

hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.load_profile("default")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed of all hypothesis tests here, where the header can name it, unless one was asked for."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(1 << 32))


def pytest_report_header(config: pytest.Config) -> str:
    return f"repeat hypothesis with: --hypothesis-seed={config.option.hypothesis_seed}"


@pytest.fixture(scope="session")
def jars() -> Path:
    """Where Kafka's jars are kept between runs."""
    return REPOSITORY / ".churn" / "kafka" / "libs"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[local.Services]:
    """Kafka and Redis, empty and of this run only, unless the environment names others. Failing to have them fails."""
    directory = tmp_path_factory.mktemp("stack")
    named = local.Named(os.environ.get("CHURN_KAFKA_BOOTSTRAP"), os.environ.get("CHURN_REDIS_URL"))
    yield local.start(directory, named, jars=jars)
    local.stop(directory)


@pytest.fixture
def prefix(stack: local.Services) -> Iterator[str]:
    """In front of topic names and whatever else must not meet another test's; its topics are deleted at the end."""
    unique = f"t{secrets.token_hex(3)}-"
    yield unique
    delete_topics(deployment_at(stack, unique))


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The directory of the public data sets: required once it is named, else the test is skipped."""
    named = os.environ.get("CHURN_PUBLIC_DATA")
    if not named:
        pytest.skip("CHURN_PUBLIC_DATA names no directory with the public data sets")
    if not Path(named).is_dir():
        pytest.fail(f"CHURN_PUBLIC_DATA={named} is not a directory")
    return Path(named)
