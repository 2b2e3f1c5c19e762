"""The local stack: starts what is missing, says what runs, keeps the data, leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.errors import ContractViolation, Transient
from schemas.topics import TOPICS
from stack import local
from stack.daemons import Daemon
from tests.support.connections import named
from tests.support.ctrl_c import HEEDING_CTRL_C
from tests.support.fixture_model import write_fixture_model
from tests.support.waiting import wait_until

CHURN = Path(sys.executable).with_name("churn")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The directory of a stack of the test's own, stopped at the end."""
    directory = tmp_path / ".churn"
    yield directory
    local.stop(directory)


@pytest.fixture
def churn(home: Path, jars: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `churn` beside that stack, with a model to be promoted at hand."""
    write_fixture_model(home.parent / "models")
    (home / "kafka").mkdir(parents=True)
    (home / "kafka" / "libs").symlink_to(jars)

    def churn(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(CHURN), *arguments]
        done = subprocess.run(
            command, cwd=home.parent, env=unnamed(), capture_output=True, text=True, timeout=180, check=False
        )
        sys.stderr.write(done.stderr)
        return done

    return churn


def unnamed() -> dict[str, str]:
    """The environment of somebody who names no services."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHURN_")}


def standings(home: Path) -> set[str]:
    found = local.state(home)
    return {found.kafka.standing, found.redis.standing}


def put(services: local.Services) -> None:
    admin = AdminClient({"bootstrap.servers": services.bootstrap, "log_level": 0})
    admin.create_topics([NewTopic("kept", 3, 1)])["kept"].result()
    with redis.Redis.from_url(services.redis_url) as client:
        client.set("kept", "yes")


def kept(services: local.Services) -> bool:
    topics = AdminClient({"bootstrap.servers": services.bootstrap, "log_level": 0}).list_topics(timeout=10.0).topics
    with redis.Redis.from_url(services.redis_url) as client:
        return len(topics["kept"].partitions) == 3 and client.get("kept") == b"yes"


def test_data_survive_a_stop_and_so_do_the_addresses(home: Path, jars: Path) -> None:
    first = local.start(home, jars=jars)
    put(first)
    local.stop(home)
    stopped = local.state(home)
    assert (stopped.kafka.standing, stopped.redis.standing) == ("stopped", "stopped")
    assert not (home / "stack.env").exists()
    second = local.start(home, jars=jars)
    assert kept(second)
    assert (second.bootstrap, second.redis_url) == (first.bootstrap, first.redis_url)


def test_what_was_killed_is_started_again_with_its_data(home: Path, jars: Path) -> None:
    first = local.start(home, jars=jars)
    put(first)
    for service in (first.kafka, first.redis):
        assert service.pid is not None
        os.kill(service.pid, signal.SIGKILL)
    wait_until(lambda: standings(home) == {"stopped"}, "both stand still")
    second = local.start(home, jars=jars)
    assert (second.kafka.standing, second.redis.standing) == ("started", "started")
    assert kept(second)


def test_the_commands_start_report_and_stop(home: Path, churn: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    first = json.loads(churn("up", "--json").stdout)
    assert (first["kafka"]["standing"], first["redis"]["standing"]) == ("started", "started")
    assert first["topics"] == [topic.name for topic in TOPICS]
    environment = f"CHURN_KAFKA_BOOTSTRAP={first['kafka']['uri']}\nCHURN_REDIS_URL={first['redis']['uri']}\n"
    assert (home / "stack.env").read_text() == environment

    again = churn("up")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.count("already running") == 2
    assert f"process {first['kafka']['pid']}" in again.stdout
    assert churn("status").returncode == 0

    assert churn("down").returncode == 0
    after = churn("status", "--json")
    assert after.returncode == 1
    assert not json.loads(after.stdout)["kafka"]["answers"]
    assert "Kafka and Redis cannot be used" in " ".join(after.stderr.split())


def test_ctrl_c_while_it_starts_leaves_nothing_running(
    home: Path, churn: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    command = [*HEEDING_CTRL_C, str(CHURN), "up"]
    with subprocess.Popen(command, cwd=home.parent, env=unnamed(), stderr=subprocess.DEVNULL) as up:
        kafka, store = Daemon("Kafka", home / "kafka"), Daemon("Redis", home / "redis")
        wait_until(lambda: kafka.pid and store.pid, "both were started")
        up.send_signal(signal.SIGINT)
        assert up.wait(30.0) == 130
    assert (kafka.pid, store.pid) == (None, None)
    assert not (home / "stack.env").exists()


def test_a_broker_that_cannot_start_is_reported_with_its_log_and_takes_nothing_else_along(
    home: Path, jars: Path
) -> None:
    data = home / "kafka" / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("version=1\nnode.id=7\ncluster.id=another\n")
    with pytest.raises(ContractViolation, match=r"(?s)Kafka ended while it started.*node"):
        local.start(home, jars=jars)
    state = local.state(home)
    assert (state.kafka.standing, state.redis.standing) == ("stopped", "stopped")


def test_services_that_a_person_names_are_used_and_not_started(home: Path, stack: local.Services) -> None:
    theirs = named(stack.bootstrap, stack.redis_url)
    services = local.start(home, theirs)
    assert services.kafka == local.ServiceStatus("Kafka", "named", stack.bootstrap)
    assert services.redis == local.ServiceStatus("Redis", "named", stack.redis_url)
    assert not home.exists() or not list(home.iterdir())
    local.stop(home)
    assert local.state(home, theirs) == services


def test_naming_services_once_leaves_the_local_ones_known(home: Path, jars: Path, stack: local.Services) -> None:
    local.start(home, jars=jars)
    environment = (home / "stack.env").read_text()
    assert environment.count("\n") == 2
    local.start(home, named(stack.bootstrap, stack.redis_url))
    local.start(home, named(None, stack.redis_url))
    assert (home / "stack.env").read_text() == environment


def link_jars(home: Path, jars: Path) -> None:
    (home / "kafka").mkdir(parents=True)
    (home / "kafka" / "libs").symlink_to(jars)


def running(home: Path) -> bool:
    state = local.state(home)
    assert state.kafka.standing == state.redis.standing
    return state.kafka.standing == "running"


def test_the_last_of_those_who_borrow_the_services_stops_them(home: Path, jars: Path) -> None:
    link_jars(home, jars)
    first, second = (local.lent(home, local.NamedServices()) for _ in range(2))
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert running(home)
    second.__exit__(None, None, None)
    assert not running(home)
    assert not (home / "stack.env").exists()


def test_services_that_were_started_to_stay_do_so_when_a_borrower_ends(home: Path, jars: Path) -> None:
    link_jars(home, jars)
    with local.lent(home, local.NamedServices()):
        local.start(home, jars=jars)
    assert running(home)
    with local.lent(home, local.NamedServices()):
        pass
    assert running(home)


def test_a_named_service_that_does_not_answer_is_not_replaced(home: Path, stack: local.Services) -> None:
    nowhere = named(stack.bootstrap, "redis://127.0.0.1:1/0")
    with pytest.raises(Transient, match=r"Redis does not answer at redis://127\.0\.0\.1:1/0.*CHURN_REDIS_URL"):
        local.start(home, nowhere)
    assert local.state(home, nowhere).redis == local.ServiceStatus("Redis", "unreachable", "redis://127.0.0.1:1/0")


def test_a_name_that_is_no_address_of_a_redis_is_refused(home: Path, stack: local.Services) -> None:
    with pytest.raises(ContractViolation, match="CHURN_REDIS_URL=localhost:6379 is no address"):
        local.start(home, named(stack.bootstrap, "localhost:6379"))


def test_a_process_number_that_belongs_to_another_program_is_left_alone(tmp_path: Path) -> None:
    server = Daemon("Redis", tmp_path)
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (tmp_path / "pid").write_text(str(bystander.pid))
        (tmp_path / "address").write_text("127.0.0.1:1")
        assert server.pid is None
        server.stop(patience_s=1.0)
        assert bystander.poll() is None
        bystander.kill()


def test_redis_keeps_what_it_has_acknowledged(stack: local.Services) -> None:
    if stack.redis.standing == "named":
        pytest.skip("CHURN_REDIS_URL names this Redis, so its settings are its owner's")
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}
    with redis.Redis.from_url(stack.redis_url, decode_responses=True) as client:
        assert {name: client.config_get(name)[name] for name in wanted} == wanted
