"""Names the code that makes the protocol: runs are summed up over those of one digest."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_ADAPTERS = ("redis_states.py", "kafka_alert_log.py", "kafka_dead_letters.py")
_DIGITS = 16


def protocol_digest() -> str:
    """16 hex digits over the sessions and the three adapters that carry out what they ask for."""
    digest = hashlib.sha256()
    for path in protocol_files():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:_DIGITS]


def protocol_files() -> Iterator[Path]:
    """The sources, in a fixed order."""
    yield from sorted((_ROOT / "stream_app" / "partition").glob("*.py"))
    yield from (_ROOT / "stream_app" / "adapters" / name for name in _ADAPTERS)
