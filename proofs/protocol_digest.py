"""Names the code that makes the protocol: runs are summed up over those of one digest."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_ADAPTERS = (
    *(f"redis/{name}.py" for name in ("states", "connection", "keys")),
    *(f"kafka/{name}.py" for name in ("decisions", "publisher", "scan", "event_log", "connection", "aiokafka_patches")),
)
_DIGITS = 16


def protocol_digest() -> str:
    """16 hex digits over the sessions and the adapters that carry out what they ask for: what a rig runs."""
    return _digest([*_session_files(), *(_ROOT / "stream_app" / "adapters" / name for name in _ADAPTERS)])


def session_digest() -> str:
    """16 hex digits over the sessions and their simulation."""
    return _digest([*_session_files(), *sorted((_ROOT / "proofs" / "simulation").glob("*.py"))])


def _session_files() -> list[Path]:
    return sorted((_ROOT / "stream_app" / "partition").glob("*.py"))


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:_DIGITS]
