"""A Kafka broker on this machine, alone or one of a cluster: formatted, configured, started, stopped."""

import secrets
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.errors import ContractViolation
from stack.artefacts import java
from stack.daemons import Daemon
from stack.ports import HOST, accepts, free_port

_HERE = Path(__file__).parent
_CONFIGURATION = "server.properties"
_JVM = ("-Xmx512m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", "-Xshare:auto", "-Djava.awt.headless=true")
_READY_WITHIN_S = 60.0
_STOPPED_WITHIN_S = 15.0
_ANSWER_WITHIN_S = 5.0
_COPIES, _IN_STEP = 3, 2
_SHORTEST_SESSION_MS = 2_000


class Entrance(Protocol):
    """A way into the broker beside its own entrance, with the settings that it needs."""

    @property
    def listeners(self) -> str:
        """NAME://host:port, several with commas."""

    def properties(self, own: str) -> Mapping[str, str]:
        """The broker's settings for it, beside its own entrance at host:port."""


@dataclass(frozen=True)
class Detour:
    """A second entrance, for clients that come through a relay: where the broker listens, where it says it is.

    Its clients may be given up sooner than those of a broker that stands open.
    """

    listens: str
    advertised: str

    @property
    def listeners(self) -> str:
        """Where the broker listens."""
        return f"DETOUR://{self.listens}"

    def properties(self, own: str) -> Mapping[str, str]:
        """Its own entrance stays where it is, at host:port."""
        return {
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,DETOUR:PLAINTEXT",
            "advertised.listeners": f"PLAINTEXT://{own},DETOUR://{self.advertised}",
            "group.min.session.timeout.ms": str(_SHORTEST_SESSION_MS),
        }


@dataclass(frozen=True)
class Member:
    """One of several brokers that keep everything three times: its number, and where all their controllers listen."""

    number: int
    controllers: Mapping[int, str]
    cluster_id: str

    def properties(self) -> dict[str, str]:
        """The broker's settings for it."""
        voters = ",".join(f"{number}@{address}" for number, address in self.controllers.items())
        names = ("default", "offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
        return {
            "node.id": str(self.number),
            "controller.quorum.voters": voters,
            **{f"{name}.replication.factor": str(_COPIES) for name in names},
            **{f"{name}.min.isr": str(_IN_STEP) for name in names[2:]},
            "min.insync.replicas": str(_IN_STEP),
        }


class KafkaBroker:
    """The broker whose data stand in `directory`. `jars` fetches what it runs from, when it must be started."""

    setting = "CHURN_KAFKA_BOOTSTRAP"

    def __init__(
        self, directory: Path, jars: Callable[[], Path], entrance: Entrance | None = None, member: Member | None = None
    ) -> None:
        """Alone, unless it is one of several."""
        self.daemon = Daemon("Kafka", directory)
        self._jars = jars
        self._entrance = entrance
        self._member = member

    def start(self) -> str:
        """Start it, wait until it answers, return its host:port. The data of an earlier start are kept."""
        address = self.launch()
        self.wait(address)
        return address

    def launch(self) -> str:
        """Start it and return its host:port. One of several cannot answer before most of them run."""
        program = self._program()
        self.daemon.directory.mkdir(parents=True, exist_ok=True)
        port = free_port(self.daemon.last_port)
        address = f"{HOST}:{port}"
        self._configure(address)
        self._format(program)
        marked = [program[0], f"-Dchurn.service={self.daemon.mark(address)}", *program[1:]]
        self.daemon.spawn([*marked, "kafka.Kafka", _CONFIGURATION], address)
        return address

    def wait(self, address: str) -> None:
        """Return once it answers at host:port."""
        port = int(address.rpartition(":")[2])
        self.daemon.wait_until(lambda: accepts(port) and self.answers(address), _READY_WITHIN_S)

    def stop(self) -> None:
        """Stop it, if it runs."""
        self.daemon.stop(_STOPPED_WITHIN_S)

    def uri(self, address: str) -> str:
        """How the setting names the broker at host:port."""
        return address

    def answers(self, uri: str) -> bool:
        """Whether a broker answers there."""
        client = AdminClient({"bootstrap.servers": uri, "log_level": 0})
        try:
            return bool(client.list_topics(timeout=_ANSWER_WITHIN_S).brokers)
        except KafkaException:
            return False

    def _program(self) -> list[str]:
        runtime = java()
        jars = self._jars().resolve()
        logging = f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}"
        return [runtime, *_JVM, logging, "-cp", f"{jars}/*"]

    def _configure(self, address: str) -> None:
        controller = f"{HOST}:{free_port()}" if self._member is None else self._member.controllers[self._member.number]
        settings = {
            "listeners": f"PLAINTEXT://{address},CONTROLLER://{controller}",
            "controller.quorum.voters": f"1@{controller}",
        }
        if self._member is not None:
            settings |= self._member.properties()
        if self._entrance is not None:
            settings["listeners"] += f",{self._entrance.listeners}"
            settings |= self._entrance.properties(address)
        lines = (_HERE / "broker.properties").read_text() + "".join(f"{key}={settings[key]}\n" for key in settings)
        (self.daemon.directory / _CONFIGURATION).write_text(lines)

    def _format(self, program: list[str]) -> None:
        if (self.daemon.directory / "data" / "meta.properties").exists():
            return
        command = [*program, "kafka.tools.StorageTool", "format", "-c", _CONFIGURATION]
        identity = f"--cluster-id={self._member.cluster_id if self._member else new_cluster_id()}"
        run = subprocess.run(
            [*command, identity], cwd=self.daemon.directory, capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            raise ContractViolation(f"Kafka could not format its data directory: {run.stdout}{run.stderr}")


def new_cluster_id() -> str:
    """A name for a cluster that no other has."""
    return secrets.token_urlsafe(16)
