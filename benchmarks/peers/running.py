"""Runs a peer in a process of its own over the beginning of a topic."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import Transient
from stream_app.deployment import Deployment
from stream_app.settings import STACK_DIRECTORY

PEERS_DIRECTORY = STACK_DIRECTORY / "peers"
"""The environment of Quix Streams and Bytewax, which need other versions of what the product is built on."""
_ROOT = Path(__file__).parents[2]
_WITHIN_S = 300.0
_RESULT = "took.json"


@dataclass(frozen=True)
class Peer:
    """A stream processor that counts; `module` is what runs, `separate` whether in the peers' own environment."""

    name: str
    title: str
    module: str
    separate: bool
    events: int


STOCK_FAUST = Peer("stock_faust", "stock Faust", "benchmarks.peers.stock_faust", separate=False, events=100_000)
PEERS = (
    STOCK_FAUST,
    Peer("quix", "Quix Streams", "benchmarks.peers.quix_streams", separate=True, events=200_000),
    Peer("bytewax", "Bytewax", "benchmarks.peers.bytewax_count", separate=True, events=200_000),
)


def installed(peer: Peer) -> bool:
    """Whether the peer can be run here."""
    if not peer.separate:
        return True
    package = {"quix": "quixstreams"}.get(peer.name, peer.name)
    return any(PEERS_DIRECTORY.glob(f"lib/python3.*/site-packages/{package}"))


def events_per_cpu_second(peer: Peer, deployment: Deployment, available: int) -> float:
    """Events counted per second of the peer's processor time. Raises Transient when it does not finish."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "PEER_BOOTSTRAP": deployment.kafka.bootstrap,
            "PEER_TOPIC": deployment.topics.events,
            "PEER_EVENTS": str(min(peer.events, available)),
            "PEER_DIRECTORY": directory,
        }
        said = _run([_python(peer), "-m", peer.module], environment)
        written = Path(directory) / _RESULT
        if not written.exists():
            raise Transient(f"{peer.title} did not finish counting: {said[-500:]}")
        took = json.loads(written.read_text())
    return float(took["events"] / took["cpu_s"])


def _python(peer: Peer) -> str:
    return str((PEERS_DIRECTORY / "bin" / "python").absolute()) if peer.separate else sys.executable


def _run(command: list[str], environment: dict[str, str]) -> str:
    try:
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_WITHIN_S, check=False
        ).stderr
    except subprocess.TimeoutExpired:
        return f"it ran for more than {_WITHIN_S:.0f} s"
