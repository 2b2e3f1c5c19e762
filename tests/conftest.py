"""What all tests share: a real Kafka, a real Redis and a model of the run's own, public data, unique topic names."""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from stack import local
from stream_app.adapters.kafka.topics import delete_topics
from tests.support.committed_models import declare_anew
from tests.support.connections import deployment_at
from tests.support.connections import named as named_services
from tests.support.fixture_model import write_fixture_model

REPOSITORY = Path(__file__).parents[1]

hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.load_profile("default")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed of all hypothesis tests here, where the header can name it, unless one was asked for."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(1 << 32))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="Write golden files anew; tests of changed ones fail.")
    parser.addoption("--fuzz", type=int, help="So many fetches of record batches in the place of a few, drawn anew.")


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
    named = named_services(os.environ.get("CHURN_KAFKA_BOOTSTRAP"), os.environ.get("CHURN_REDIS_URL"))
    yield local.start(directory, named, jars=jars)
    local.stop(directory)


@pytest.fixture
def prefix(stack: local.Services) -> Iterator[str]:
    """In front of topic names and whatever else must not meet another test's; its topics are deleted at the end."""
    unique = f"t{secrets.token_hex(3)}-"
    yield unique
    delete_topics(deployment_at(stack, unique))


@pytest.fixture(scope="session", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The models directory of every test, command and worker: a small model of music that fits the code, and no other.

    So a change of the features fails the test of the committed models alone.
    """
    directory = tmp_path_factory.mktemp("fixture") / "models"
    write_fixture_model(directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHURN_MODELS_DIRECTORY", str(directory))
        yield directory


@pytest.fixture(scope="session")
def committed_bytes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's models, and each under a manifest that fits the code."""
    directory = tmp_path_factory.mktemp("committed") / "models"
    declare_anew(directory)
    return directory


@pytest.fixture
def committed_models(committed_bytes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The committed bytes in the place of the small model."""
    monkeypatch.setenv("CHURN_MODELS_DIRECTORY", str(committed_bytes))
    return committed_bytes


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Demands that a golden file holds a text; with `--write-golden` it is written anew first, and a change told."""
    write: bool = request.config.getoption("--write-golden")

    def must_hold(file: Path, text: str) -> None:
        held = file.read_text(encoding="utf-8")
        if write and text != held:
            file.write_text(text, encoding="utf-8")
            pytest.fail(f"{file.name} is written anew: explain each line of its difference in the commit")
        assert text == held, f"if each difference can be explained: pytest {file.parent} --write-golden"

    return must_hold


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The directory of the public data sets: required once it is named, else the test is skipped."""
    named = os.environ.get("CHURN_PUBLIC_DATA")
    if not named:
        pytest.skip("CHURN_PUBLIC_DATA names no directory with the public data sets")
    if not Path(named).is_dir():
        pytest.fail(f"CHURN_PUBLIC_DATA={named} is not a directory")
    return Path(named)
