"""docker-compose.yml and the Dockerfile, as far as they can be judged without a container engine."""

import os
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from cli.main import app
from stream_app.settings import Settings

REPOSITORY = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
SETTINGS = {f"CHURN_{name.upper()}" for name in Settings.model_fields}

A_REPLAY = """
import gc
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from stream_app.bootstrap.engine import engine_of, first_control
from stream_app.core.log import PlainRecord
from stream_app.core.replay import Replay

def compiled():
    ours = [d for d in gc.get_objects() if isinstance(d, Dispatcher) and d.py_func.__module__.startswith("stream_app")]
    return {(d.py_func.__name__, str(signature)) for d in ours for signature in d.signatures}

before = compiled()
lines = Path("tests/golden/listener.jsonl").read_bytes().splitlines()
replay = Replay(engine_of(Settings()))
replay.put_in_force(first_control(Settings()).data)
steps = list(replay.apply([PlainRecord(i, 1_800_000_000_000, b"", line) for i, line in enumerate(lines)]))
print(sum(step.advance.applied for step in steps), *(name for name, _ in compiled() - before))
"""
"""What a worker does to a batch."""


def accepts(arguments: list[str]) -> None:
    """Parse a `churn` command line with the real command tree, running nothing. Raises what typer would raise."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("churn", list(arguments), resilient_parsing=False)
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, list(rest), parent=context)


@pytest.mark.parametrize("service", OURS)
def test_every_command_exists_with_these_options(service: str) -> None:
    accepts(SERVICES[service]["command"])


@pytest.mark.parametrize("planted", [["create-topics"], ["topics", "make"], ["alerts", "--follow"], ["work", "now"]])
def test_a_planted_command_that_does_not_exist_is_noticed(planted: list[str]) -> None:
    with pytest.raises(Exception, match=r"No such|unexpected"):
        accepts(planted)


def test_every_variable_of_ours_is_a_setting() -> None:
    set_by_compose = {name for name in OURS for name in SERVICES[name]["environment"]}
    set_by_the_image = set(re.findall(r"\b(CHURN_[A-Z_]+)=", DOCKERFILE))
    read_from_outside = set(re.findall(r"\$\{(\w+)", (REPOSITORY / "docker-compose.yml").read_text()))
    assert set_by_compose | set_by_the_image | read_from_outside <= SETTINGS


def test_the_defaults_for_variables_from_outside_are_those_of_the_settings() -> None:
    for name, default in re.findall(r"\$\{CHURN_(\w+):-([^}]*)\}", (REPOSITORY / "docker-compose.yml").read_text()):
        assert default == str(Settings.model_fields[name.lower()].default)


def test_the_values_make_valid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in OURS:
        for name, value in SERVICES[service]["environment"].items():
            monkeypatch.setenv(name, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))
        assert Settings().kafka_bootstrap == "kafka:29092"


def test_everything_that_is_published_is_bound_to_this_machine_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(re.fullmatch(r"127\.0\.0\.1:\d*:\d+", port) for port in published)
    assert not any("network_mode" in service for service in SERVICES.values())


def test_nothing_hinders_several_workers() -> None:
    assert not any("container_name" in service for service in SERVICES.values())
    assert SERVICES["worker"]["ports"] == ["127.0.0.1::6066"]


def test_every_image_names_its_exact_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+(-[a-z-]+)?", image) for image in images)


def test_the_image_and_the_broker_have_the_versions_of_the_project() -> None:
    assert {SERVICES[name]["image"] for name in OURS} == {f"churn:{VERSION}"}
    pom = ET.parse(REPOSITORY / "stack" / "pom.xml").getroot()
    names = {"m": "http://maven.apache.org/POM/4.0.0"}
    versions = {d.findtext("m:artifactId", "", names): d.findtext("m:version", "", names) for d in pom.iter()}
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{versions['kafka_2.13']}"


def test_the_broker_is_set_as_the_local_one() -> None:
    environment = SERVICES["kafka"]["environment"]
    own = {"listener.security.protocol.map", "log.dirs"}
    lines = (REPOSITORY / "stack" / "broker.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    for name, value in properties.items():
        if name not in own:
            assert environment[f"KAFKA_{name.upper().replace('.', '_')}"] == value
    listeners = set(re.findall(r"(\w+)://", environment["KAFKA_LISTENERS"]))
    assert listeners == set(re.findall(r"(\w+):PLAINTEXT", environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]))
    assert listeners == set(re.findall(r"(\w+)://", environment["KAFKA_ADVERTISED_LISTENERS"])) | {"CONTROLLER"}


def test_redis_keeps_what_it_has_acknowledged_as_the_local_one_and_has_a_limit_that_the_alarm_is_told_by() -> None:
    words = SERVICES["redis"]["command"][1:]
    settings = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}
    assert settings == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory": "2gb",
        "maxmemory-policy": "noeviction",
        "save": "",
    }


def test_redis_writes_its_log_anew_once_it_answers_and_starts_as_it_would_have(tmp_path: Path) -> None:
    """On stand-ins: a server that answers its third PING, and says what it was started with."""
    said, programs = tmp_path / "said", tmp_path / "bin"
    programs.mkdir()
    ping = f'echo "$1" >> {said}; test "$1" != ping || test $(wc -l < {said}) -lt 3 || echo PONG'
    server = f'until grep -q bgrewriteaof {said}; do sleep 0.01; done; printf "%s\\n" "$@" >> {said}'
    for name, script in {"redis-cli": ping, "docker-entrypoint.sh": server}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    entrypoint = [word.replace("$$", "$") for word in SERVICES["redis"]["entrypoint"]]
    command = SERVICES["redis"]["command"]
    path = {"PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run([*entrypoint, *command], env=path, check=True, timeout=30)
    assert said.read_text().splitlines() == ["ping", "ping", "ping", "bgrewriteaof", *command]


def test_whoever_waits_for_a_service_waits_for_something_that_happens() -> None:
    for name, service in SERVICES.items():
        for other, wait in service.get("depends_on", {}).items():
            awaited = SERVICES[other]
            assert set(awaited.get("profiles", [])) <= set(service.get("profiles", [])), (name, other)
            if wait["condition"] == "service_healthy":
                assert "test" in awaited["healthcheck"], (name, other)
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert awaited["restart"] == "no", (name, other)


def test_what_must_outlive_a_container_has_a_named_volume() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    named = {volume for volume in mounted if not volume.startswith(".")}
    assert named == set(COMPOSE["volumes"])
    assert {volume for volume in mounted - named if not (REPOSITORY / volume).exists()} == set()
    assert SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] in SERVICES["kafka"]["volumes"][0]


def test_prometheus_reads_every_worker_where_it_listens() -> None:
    scraped = yaml.safe_load((REPOSITORY / "stack" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    discovery = scraped[0]["dns_sd_configs"][0]
    worker = SERVICES["worker"]["environment"]
    assert scraped[0]["job_name"] == "worker"
    assert discovery["names"] == ["worker"]
    assert str(discovery["port"]) == worker["CHURN_WEB_PORT"]
    assert worker["CHURN_WEB_HOST"] == "0.0.0.0"


def test_the_image_runs_as_nobody_in_particular_from_locked_packages() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes --requirement /build/requirements.lock" in DOCKERFILE
    assert 'ENTRYPOINT ["churn"]' in DOCKERFILE


def test_the_image_contains_every_package_and_nothing_that_is_not_committed() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests"}
    assert lines[1] == "*"
    assert packages <= let_in
    assert {"models", "pyproject.toml", "requirements.lock", "README.md", "LICENSE"} <= let_in
    assert {name for name in let_in if not (REPOSITORY / name).exists()} == set()


def test_after_the_images_warm_up_a_worker_compiles_nothing_more() -> None:
    (warm_up,) = re.findall(r'^RUN python -c "(.*)"$', DOCKERFILE, re.MULTILINE)
    run = subprocess.run(
        [sys.executable, "-c", f"{warm_up}\n{A_REPLAY}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    applied, *compiled = run.stdout.split()
    assert int(applied) > 10
    assert compiled == []
