"""The local stack as a whole: what runs, starting what is missing, stopping what was started.

A service that a person has named is used and never started or stopped. The addresses of what this module starts stand
in `stack.env` of the stack's directory, from which the settings read them.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from schemas.errors import Transient
from stack.artefacts import kafka_jars
from stack.daemons import Daemon
from stack.kafka import KafkaBroker
from stack.locks import alone
from stack.redis_server import RedisServer

Standing = Literal["started", "running", "named", "unreachable", "stopped"]
"""Ours: just started, running before, or stopped. A person's: named. Either may be unreachable."""


@dataclass(frozen=True)
class NamedServices:
    """The services that a person has named; None for one that the stack must run itself."""

    kafka_bootstrap: str | None = None
    redis_url: str | None = None


@dataclass(frozen=True)
class ServiceStatus:
    """One service as it stands. `uri` is empty when it is stopped, `pid` None when the process is not ours."""

    name: str
    standing: Standing
    uri: str = ""
    pid: int | None = None

    @property
    def answers(self) -> bool:
        """Whether it can be used."""
        return self.standing not in ("unreachable", "stopped")


@dataclass(frozen=True)
class Services:
    """The two services of a deployment."""

    kafka: ServiceStatus
    redis: ServiceStatus

    @property
    def bootstrap(self) -> str:
        """host:port of the broker."""
        return self.kafka.uri

    @property
    def redis_url(self) -> str:
        """redis://host:port/db of the Redis."""
        return self.redis.uri


class Server(Protocol):
    """What the stack asks of a server. `setting` is the name under which a person may name another one."""

    setting: str
    daemon: Daemon

    def start(self) -> str:
        """Start it, wait until it answers, return its URI."""

    def stop(self) -> None:
        """Stop it, if it runs."""

    def uri(self, address: str) -> str:
        """How the setting names the server at host:port."""

    def answers(self, uri: str) -> bool:
        """Whether such a server answers there."""


def start(
    directory: Path, named: NamedServices | None = None, say: Callable[[str], None] = print, jars: Path | None = None
) -> Services:
    """Have both services running with their data below `directory`; what runs already stays as it is.

    `say` hears about what takes long; `jars` is where Kafka's jars are kept, by default below `directory`.
    Whatever goes wrong, Ctrl-C included, stops what this call has started. Raises ContractViolation when something
    must be installed first, Transient when a service does not answer.
    """
    named = named or NamedServices()
    kafka, redis = _servers(directory, lambda: kafka_jars(jars or directory / "kafka" / "libs", say))
    with alone(directory / "lock"), ExitStack() as undo:
        services = Services(
            redis=_have(redis, named.redis_url, undo),
            kafka=_have(kafka, named.kafka_bootstrap, undo),
        )
        _write_environment(directory, {kafka.setting: services.kafka, redis.setting: services.redis})
        undo.pop_all()
    return services


def stop(directory: Path) -> None:
    """Stop what `start` has started there; the data stay."""
    if directory.exists():
        with alone(directory / "lock"):
            for server in _servers(directory):
                server.stop()
            (directory / "stack.env").unlink(missing_ok=True)


def state(directory: Path, named: NamedServices | None = None) -> Services:
    """What runs where."""
    named = named or NamedServices()
    kafka, redis = _servers(directory)
    return Services(kafka=_look(kafka, named.kafka_bootstrap), redis=_look(redis, named.redis_url))


def _servers(directory: Path, jars: Callable[[], Path] = Path) -> tuple[Server, Server]:
    return KafkaBroker(directory.resolve() / "kafka", jars), RedisServer(directory.resolve() / "redis")


def _have(server: Server, named: str | None, undo: ExitStack) -> ServiceStatus:
    found = _look(server, named)
    if found.standing == "unreachable":
        cure = f"start it or correct {server.setting}" if named else "`churn down` ends it, `churn up` starts it anew"
        raise Transient(f"{found.name} does not answer at {found.uri}: {cure}")
    if found.standing != "stopped":
        return found
    undo.callback(server.stop)
    uri = server.start()
    return ServiceStatus(found.name, "started", uri, server.daemon.pid)


def _look(server: Server, named: str | None) -> ServiceStatus:
    name, pid, address = server.daemon.name, server.daemon.pid, server.daemon.address
    if named:
        return ServiceStatus(name, "named" if server.answers(named) else "unreachable", named)
    if pid is None or address is None:
        return ServiceStatus(name, "stopped")
    uri = server.uri(address)
    return ServiceStatus(name, "running" if server.answers(uri) else "unreachable", uri, pid)


def _write_environment(directory: Path, services: dict[str, ServiceStatus]) -> None:
    ours = {setting: service.uri for setting, service in services.items() if service.pid is not None}
    written = directory / "stack.env.new"
    written.write_text("".join(f"{setting}={uri}\n" for setting, uri in ours.items()))
    written.replace(directory / "stack.env")
