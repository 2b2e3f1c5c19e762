"""The local stack as a whole: what runs, starting what is missing, stopping what was started.

A service that a person has named is used and never started or stopped. The addresses of what this module starts stand
in `stack.env` of the stack's directory, from which the settings read them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from schemas.errors import ContractViolation, Transient
from stack.artefacts import kafka_jars
from stack.daemons import Daemon
from stack.kafka import KafkaBroker
from stack.locks import alone, is_free, shared
from stack.redis_server import RedisServer

_LENT = "lent"
"""Stands beside servers that were started for commands which give them back."""
_BORROWERS = "borrowers"
_PRIVATE = 0o700
"""Customers' data stand below it."""

Standing = Literal["started", "running", "named", "refuses", "unreachable", "stopped"]
"""Ours: just started, running before, or stopped. A person's: named, or refuses us. Either may be unreachable."""


@dataclass(frozen=True)
class NamedService:
    """One that a person has named, called `uri` before people.

    `look` returns when it can be used, raises Transient when it does not answer and ContractViolation when it says no.
    """

    uri: str
    look: Callable[[], None]


@dataclass(frozen=True)
class NamedServices:
    """The services that a person has named; None for one that the stack must run itself."""

    kafka: NamedService | None = None
    redis: NamedService | None = None

    @property
    def whole(self) -> bool:
        """Whether the stack has nothing to run."""
        return self.kafka is not None and self.redis is not None


@dataclass(frozen=True)
class ServiceStatus:
    """One service as it stands. `uri` is empty when it is stopped, `pid` None when the process is not ours.

    `why` is the sentence with which it refuses us.
    """

    name: str
    standing: Standing
    uri: str = ""
    pid: int | None = None
    why: str = ""

    @property
    def answers(self) -> bool:
        """Whether there is an answer, be it a no."""
        return self.standing not in ("unreachable", "stopped")

    @property
    def usable(self) -> bool:
        """Whether it answers and lets us in."""
        return self.answers and self.standing != "refuses"


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
    with _turn(directory, named):
        services = _start(directory, named, say, jars)
        if not named.whole:
            (directory / _LENT).unlink(missing_ok=True)
    return services


@contextmanager
def lent(directory: Path, named: NamedServices, say: Callable[[str], None] = print) -> Iterator[Services]:
    """Both services, as `start` has them running, for as long as the block lasts.

    What was started for such a block is stopped again by the last one that ends, unless `start` was called meanwhile.
    """
    with ExitStack() as borrowing:
        with _turn(directory, named):
            services = _start(directory, named, say)
            if not named.whole:
                borrowing.callback(_give_back, directory)
                borrowing.enter_context(shared(directory / _BORROWERS))
            if "started" in (services.kafka.standing, services.redis.standing):
                (directory / _LENT).touch()
        yield services


def _give_back(directory: Path) -> None:
    with alone(directory / "lock"):
        if (directory / _LENT).exists() and is_free(directory / _BORROWERS):
            _stop(directory)


def stop(directory: Path) -> None:
    """Stop what `start` has started there; the data stay."""
    if directory.exists():
        with alone(directory / "lock"):
            _stop(directory)


def _turn(directory: Path, named: NamedServices) -> AbstractContextManager[None]:
    """What starts and stops servers of `directory` does so alone; who names all services has nothing to do there."""
    return nullcontext() if named.whole else alone(directory / "lock")


def _start(directory: Path, named: NamedServices, say: Callable[[str], None], jars: Path | None = None) -> Services:
    kafka, redis = _servers(directory, lambda: kafka_jars(jars or directory / "kafka" / "libs", say))
    with ExitStack() as undo:
        if not named.whole:
            directory.chmod(_PRIVATE)
        services = Services(
            redis=_have(redis, named.redis, undo),
            kafka=_have(kafka, named.kafka, undo),
        )
        if not named.whole:
            _write_environment(directory, (kafka, redis))
        undo.pop_all()
    return services


def _stop(directory: Path) -> None:
    for server in _servers(directory):
        server.stop()
    for mark in ("stack.env", _LENT):
        (directory / mark).unlink(missing_ok=True)


def state(directory: Path, named: NamedServices | None = None) -> Services:
    """What runs where."""
    named = named or NamedServices()
    kafka, redis = _servers(directory)
    return Services(kafka=_look(kafka, named.kafka), redis=_look(redis, named.redis))


def _servers(directory: Path, jars: Callable[[], Path] = Path) -> tuple[Server, Server]:
    return KafkaBroker(directory.resolve() / "kafka", jars), RedisServer(directory.resolve() / "redis")


def _have(server: Server, named: NamedService | None, undo: ExitStack) -> ServiceStatus:
    found = _look(server, named)
    if found.standing == "unreachable":
        cure = f"start it or correct {server.setting}" if named else "`churn down` ends it, `churn up` starts it anew"
        raise Transient(f"{found.name} does not answer at {found.uri}: {cure}")
    if found.standing == "refuses":
        raise ContractViolation(found.why)
    if found.standing != "stopped":
        return found
    undo.callback(server.stop)
    uri = server.start()
    return ServiceStatus(found.name, "started", uri, server.daemon.pid)


def _look(server: Server, named: NamedService | None) -> ServiceStatus:
    name, pid, address = server.daemon.name, server.daemon.pid, server.daemon.address
    if named:
        return _looked_at(name, named)
    if pid is None or address is None:
        return ServiceStatus(name, "stopped")
    uri = server.uri(address)
    return ServiceStatus(name, "running" if server.answers(uri) else "unreachable", uri, pid)


def _looked_at(name: str, named: NamedService) -> ServiceStatus:
    try:
        named.look()
    except Transient:
        return ServiceStatus(name, "unreachable", named.uri)
    except ContractViolation as refusal:
        return ServiceStatus(name, "refuses", named.uri, why=str(refusal))
    return ServiceStatus(name, "named", named.uri)


def _write_environment(directory: Path, servers: Iterable[Server]) -> None:
    """Where the servers of this directory answer, whether or not a person names others just now."""
    ours = [
        f"{server.setting}={server.uri(server.daemon.address)}\n"
        for server in servers
        if server.daemon.pid is not None and server.daemon.address is not None
    ]
    if ours:
        written = directory / "stack.env.new"
        written.write_text("".join(ours))
        written.replace(directory / "stack.env")
