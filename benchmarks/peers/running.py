"""Runs a peer in a process of its own over the beginning of a topic, and reads what it took."""

import json
import os
import secrets
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.peers.catalogue import Peer
from schemas.errors import Transient
from stream_app.deployment import Deployment

ALERT_ABOVE: Final = 0.5
_ROOT: Final = Path(__file__).parents[2]
_WITHIN_S: Final = 600.0
_RESULT: Final = "took.json"


@dataclass(frozen=True)
class Took:
    """What a peer took from its first event to the last that was wanted, and to the one half way.

    `alerts` are the scores above the threshold, 0 for a peer that counts.
    """

    events: int
    cpu_s: float
    half_events: int
    half_cpu_s: float
    alerts: int = 0

    @property
    def cold(self) -> float:
        """Events per CPU-second over the whole run."""
        return self.events / self.cpu_s

    @property
    def warm(self) -> float | None:
        """The same over the second half, when all is compiled and opened; None for a peer that took it in one step."""
        events, cpu_s = self.events - self.half_events, self.cpu_s - self.half_cpu_s
        return events / cpu_s if events > 0 and cpu_s > 0 else None


def hindrance(peer: Peer, deployment: Deployment) -> str | None:
    """Why the peer cannot read this topic, with what to do; None where it can."""
    if deployment.kafka.protocol != "PLAINTEXT":
        return "peers reach brokers in plain text and without a login only: measure on the local stack (`churn up`)"
    return peer.runtime.missing


def run(peer: Peer, deployment: Deployment, model: Path, available: int) -> Took:
    """Let the peer read the first events of the topic. Raises Transient when it does not get to the last of them."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "PEER_BOOTSTRAP": deployment.kafka.bootstrap,
            "PEER_TOPIC": deployment.topics.events,
            "PEER_ALERTS_TOPIC": deployment.topics.alerts,
            "PEER_GROUP": f"peer-{secrets.token_hex(4)}",
            "PEER_EVENTS": str(min(peer.events, available)),
            "PEER_DIRECTORY": directory,
            "PEER_MODEL": str(model.absolute()),
            "PEER_ALERT_ABOVE": str(ALERT_ABOVE),
            "PATHWAY_THREADS": "1",
        }
        said = _run(peer.runtime.command, environment, Path(directory))
        written = Path(directory) / _RESULT
        if not written.exists():
            raise Transient(f"{peer.title}, which {peer.work}, did not get to its last event: {said[-1000:]}")
        took = Took(**json.loads(written.read_text()))
    if took.events <= 0 or took.cpu_s <= 0:
        raise Transient(f"{peer.title} was done before it could be measured: take more events")
    return took


def _run(command: list[str], environment: dict[str, str], directory: Path) -> str:
    try:
        return subprocess.run(
            command, env=environment, cwd=directory, capture_output=True, text=True, timeout=_WITHIN_S, check=False
        ).stderr
    except subprocess.TimeoutExpired:
        return f"it ran for more than {_WITHIN_S:.0f} s"
